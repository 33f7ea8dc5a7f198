import { EngineError, type FailureCode } from '../../base/errors.ts';

/**
 * What a call's `grpc-status` means (gRPC, "Status codes and their use").
 *
 * @param text as it comes, its bytes percent-encoded.
 */
export function grpcFailure(status: number, text: string, subject: string): EngineError {
  const message = decoded(text)
    .replace(/[ \t\r\n]+/g, ' ')
    .trim()
    .slice(0, maxMessage);
  const detail = message === '' ? `gRPC status ${status}` : message;
  return new EngineError(codes.get(status) ?? 'refused', subject, detail);
}

const maxMessage = 4000;

const codes = new Map<number, FailureCode>([
  [1, 'cancelled'],
  [5, 'not-found'],
  [7, 'denied'],
  [8, 'limit-exceeded'],
  [12, 'unsupported'],
  [14, 'unreachable'],
  [16, 'unauthorized'],
]);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
