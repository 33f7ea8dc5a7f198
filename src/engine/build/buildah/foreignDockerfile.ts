import path from 'node:path';
import { namesOf } from '../classic/copySum.ts';
import { goMatch, hasWildcard } from '../contentKey/goMatch.ts';
import type { BuildahContext } from './buildahInput.ts';

/**
 * A context as Podman's client sends it to a service: a Dockerfile from outside is among its files, below the names of all
 * the folders that it lies in. How they are written there is each version's own matter, so that what copies them is unknown.
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

const why = 'Podman’s client adds a Dockerfile that lies outside of the context to the files that it copies';
const unknown = { kind: 'unknown', why } as const;
