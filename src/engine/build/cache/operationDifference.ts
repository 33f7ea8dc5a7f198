import type { ReasonCode } from './cacheReport.ts';

/** How one operation differs from another. */
export interface OperationDifference {
  readonly code: ReasonCode;
  /** The variable, flag or mount. */
  readonly subject?: string;
  readonly before?: string;
  readonly after?: string;
}

/** Undefined where the two are the same. */
export function changed(
  code: ReasonCode,
  subject: string | undefined,
  before: unknown,
  after: unknown,
): OperationDifference | undefined {
  const [was, is] = [shownValue(before), shownValue(after)];
  if (was === is) return undefined;
  return {
    code,
    ...(subject !== undefined && { subject }),
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
  };
}

export function shownValue(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

export function shown(words: readonly string[]): string {
  return words.join(' ');
}
