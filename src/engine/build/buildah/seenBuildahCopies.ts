import type { CallOptions } from '../../base/progress.ts';
import { sumIn } from '../classic/expectedStep.ts';
import { copyKey, imagesMade, type SeenCopies } from '../classic/seenCopies.ts';
import type { BuildahInput } from './buildahInput.ts';
import { lastText } from './historyShelf.ts';
import { predictBuildah } from './predictBuildah.ts';

/** As `seenCopies`, of a build of buildah's. */
export async function seenBuildahCopies(
  input: BuildahInput,
  output: string,
  options: CallOptions = {},
): Promise<SeenCopies> {
  const seen = new Map<string, string>();
  const made = imagesMade(output, await predictBuildah(input, options), input.images);
  const imageDigest: BuildahInput['imageDigest'] = (image, sources, destination, at) => {
    const step = made.get(at);
    const digest = step && sumIn(lastText(step));
    if (digest !== undefined) seen.set(copyKey(image, sources, destination), digest);
    return Promise.resolve(digest);
  };
  await predictBuildah({ ...input, imageDigest }, options);
  return seen;
}
