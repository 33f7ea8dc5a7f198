import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import { BuildCaseFolder } from '../buildCaseFolder.ts';
import type { BuildCase, CaseBuild, CaseLetters } from '../buildCases.ts';
import type { LayerLiteral } from '../buildImage.ts';
import { settledTimes } from '../settledTimes.ts';
import { tempDir } from '../tempDir.ts';
import type { CaseAnswer, CaseBuilder } from './caseBuilder.ts';
import { type DockerfileStep, dockerfileSteps } from './dockerfileSteps.ts';
import type { LoopbackWorld } from './loopbackWorld.ts';

export interface CasePlace {
  readonly world: LoopbackWorld;
  /** The lowest layer of base images, with programs. */
  readonly root: LayerLiteral;
}

/** What is done at the points of a case; all may be left out. */
export interface CaseHooks {
  /** Makes the builds before the last in the builder's place. */
  readonly build?: (request: BuildRequest, options: CaseBuild) => Promise<CaseAnswer | undefined>;
  /** After each build but the last, before the edits. */
  readonly afterBuild?: (request: BuildRequest) => Promise<void>;
  /** After the edits, before the last build. */
  readonly beforeLast?: (request: BuildRequest, folder: BuildCaseFolder) => Promise<void>;
}

export interface CaseRun {
  /** `skipped`: the builder cannot do what the edits say; `lacking`: its client has no such option. */
  readonly letters: CaseLetters | 'skipped' | 'lacking';
  /** Of the last Dockerfile. */
  readonly steps: readonly DockerfileStep[];
  /** Names of images that other ones stand for since the first build. */
  readonly moved: readonly string[];
  /** Of the last build that was made. */
  readonly output: string;
}

/** Builds, edits, and builds again. */
export async function runCase(
  buildCase: BuildCase,
  builder: CaseBuilder,
  { world, root }: CasePlace,
  hooks: CaseHooks = {},
): Promise<CaseRun> {
  const directory = tempDir().path;
  const salt = randomBytes(6).toString('hex');
  const laid = builder.needsDockerfileInContext === true ? { isDockerfileInContext: true } : {};
  const folder = await BuildCaseFolder.layOut({ ...buildCase, ...laid }, { directory, salt, world, root });
  try {
    return await runIn(folder, buildCase, builder, hooks);
  } finally {
    await builder.forget([`exam-${salt}`, ...folder.images.values()]);
    // What the builder lists of other cases looks like what this one made.
    await builder.prune();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runIn(
  folder: BuildCaseFolder,
  buildCase: BuildCase,
  builder: CaseBuilder,
  { build = builder.build.bind(builder), afterBuild, beforeLast }: CaseHooks,
): Promise<CaseRun> {
  const requestOf = (options: CaseBuild): BuildRequest => ({
    ...(builder.network !== undefined && { network: builder.network }),
    ...folder.request(options),
  });
  if (buildCase.pullsFirst) await builder.pull(folder.fill('@BASE@'));
  const { between, build1, edits, build2 } = buildCase;
  const earlier = [{ build: build1, edits }, ...(between === undefined ? [] : [between])];
  for (const each of earlier) {
    const asked = requestOf(each.build);
    const answer = await build(asked, folder.filled(each.build));
    if (answer?.isBuilt !== true) return refused(answer);
    await afterBuild?.(asked);
    await folder.edit(each.edits);
    if (folder.isPruned && !(await builder.prune())) return { letters: 'skipped', ...nothing, output: '' };
    folder.isPruned = false;
  }
  const request = requestOf(build2);
  // Nobody asks in the very moment of an edit, of which times are not believed yet.
  await settledTimes();
  await beforeLast?.(request, folder);
  const answer = await builder.build(request, folder.filled(build2));
  if (answer?.isBuilt !== true) return refused(answer);
  const steps = dockerfileSteps(folder.template, triggersOf(buildCase));
  const moved = edits.flatMap((edit) => (edit.op === 'image' ? [folder.fill(`@${edit.name}@`)] : []));
  return { letters: builder.letters(steps, answer), steps, moved, output: answer.output };
}

const nothing = { steps: [], moved: [] };

/** What the builder is not allowed to do for this client, the client cannot be asked for. */
function refused(answer: CaseAnswer | undefined): CaseRun {
  return answer === undefined || / is not allowed$/m.test(answer.output)
    ? { letters: 'lacking', ...nothing, output: answer?.output ?? '' }
    : { letters: 'X', ...nothing, output: answer.output };
}

function triggersOf({ images }: BuildCase): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(images).map(([name, { config }]) => [`@${name}@`, config?.onbuild ?? []]));
}
