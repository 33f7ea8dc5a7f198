import { EngineError, isEngineError } from '../base/errors.ts';
import { type LayerPath, toText } from '../base/layerPath.ts';

// What engines say about paths of containers. They have one code for several things, and only their words part them.

/** Whether the path leads to nothing, in a container that is there. */
export function isNothingThere(error: unknown): boolean {
  if (!isEngineError(error) || isContainerGone(error)) return false;
  return error.code === 'not-found' || (error.code === 'refused' && /not a directory/i.test(error.detail));
}

/** An engine's no about a path, in the terms of files; what is not about the path passes unchanged. */
export function inOurTerms(error: unknown, path: LayerPath): unknown {
  if (!isEngineError(error)) return error;
  const about = (code: EngineError['code'], detail: string): EngineError =>
    new EngineError(code, toText(path), detail, { cause: error });
  const { code, detail } = error;
  if (isContainerGone(error)) return about('not-found', 'the container is gone');
  if (code === 'not-found') return about('not-found', 'there is nothing at this path');
  if (/too many (links|levels of symbolic links)/i.test(detail))
    return about('symlink-loop', 'its links go round in circles');
  if (/not a directory/i.test(detail)) return about('not-a-directory', 'this is not a directory');
  if (/read-?only/i.test(detail)) return about('denied', detail);
  return error;
}

export function nothingAt(path: LayerPath): EngineError {
  return new EngineError('not-found', toText(path), 'there is nothing at this path');
}

function isContainerGone({ code, detail }: EngineError): boolean {
  return code === 'not-found' && /no such container|no container with/i.test(detail);
}
