import { EngineError } from '../base/errors.ts';

/**
 * A container's name as docker takes it: a letter or digit, then more of them or `_`, `.`, `-`; two characters at least.
 *
 * @throws EngineError `invalid-reference`.
 */
export function parseContainerName(text: string): string {
  const name = text.startsWith('/') ? text.slice(1) : text;
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/.test(name)) return name;
  throw new EngineError('invalid-reference', text, 'not a name for a container');
}

/** A free name that says which image the container is of: `hello-nginx-1`. */
export function nameFor(imageName: string | undefined, taken: ReadonlySet<string>): string {
  const last = /([a-z0-9][a-z0-9_.-]*)(?::[^/]*)?(?:@.*)?$/i.exec(imageName ?? '')?.[1] ?? 'container';
  for (let number = 1; ; number++) {
    const name = `${last.slice(0, 100)}-${number}`;
    if (!taken.has(name)) return name;
  }
}
