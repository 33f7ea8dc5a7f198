import type { BaseImage } from './buildPlan.ts';
import { absolutePath } from './absolutePath.ts';
import { Environment, splitSetting } from './environment.ts';

/** What acts on the next step of a stage. Never changes: each instruction makes another one. */
export interface StageState {
  /** ENV and ARG: what RUN gets, and what words are expanded with. */
  readonly env: Environment;
  /** ENV alone: what the image's config has, in its own order. */
  readonly imageEnv: ReadonlyMap<string, string>;
  readonly workingDirectory: string;
  readonly user: string;
  readonly shell: readonly string[];
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Of a stage that begins with nothing, or with an image; of one that is not known as if it had no config. */
export function stateOfImage(image: BaseImage | undefined, system: string): StageState {
  return begun(
    {
      env: Environment.empty,
      imageEnv: new Map(image?.env.map(splitSetting)),
      workingDirectory: directoryOf(image),
      user: image?.user ?? '',
      shell: image?.shell ?? [],
    },
    system,
  );
}

/** An absolute one stays as it is written. */
function directoryOf(image: BaseImage | undefined): string {
  const written = image?.workingDirectory ?? '';
  return written === '' || written.startsWith('/') ? written : absolutePath('/', written);
}

/** A stage that begins with another goes on with all that the other had, its arguments too; but ENV goes before them. */
export function begun(state: StageState, system: string): StageState {
  const imageEnv = new Map(state.imageEnv);
  if (!imageEnv.has('PATH') && system !== 'windows') imageEnv.set('PATH', usualPath);
  return { ...state, imageEnv, env: state.env.with(imageEnv) };
}

/** The arguments of a command in the shell form. */
export function withShell({ shell }: StageState, text: string, system: string): readonly string[] {
  const usual = system === 'windows' ? ['cmd', '/S', '/C'] : ['/bin/sh', '-c'];
  return [...(shell.length > 0 ? shell : usual), text];
}
