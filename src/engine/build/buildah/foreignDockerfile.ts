import path from 'node:path';
import { namesOf } from '../classic/copySum.ts';
import { goMatch, hasWildcard } from '../contentKey/goMatch.ts';
import type { BuildahContext } from './buildahInput.ts';

/**
 * A context as it is sent to Podman's service: a Dockerfile from outside is among its files, by Podman's client below the
 * names of all the folders that it lies in. How that is written is each version's own matter, so that what copies it is
 * unknown.
 */
export function withForeignDockerfile(context: BuildahContext, dockerfile: string): BuildahContext {
  const names = namesOf(Buffer.from(dockerfile.split(path.sep).join('/')).toString('latin1'));
  const added = names.map((_, at) => names.slice(0, at + 1).join('/'));
  const takesIt = (source: string): boolean => {
    const clean = namesOf(source).join('/');
    if (clean === '') return true;
    return added.some((each) => (hasWildcard(source) ? goMatch(clean, each) : clean === each));
  };
  return {
    digests: (question, ...rest) =>
      question.sources.some(takesIt) ? Promise.resolve(unknown) : context.digests(question, ...rest),
  };
}

const why = 'a Dockerfile from outside of the context is sent to Podman among the files that this may copy';
const unknown = { kind: 'unknown', why } as const;
