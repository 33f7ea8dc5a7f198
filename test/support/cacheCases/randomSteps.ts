import type { CaseFile } from '../buildCases.ts';
import type { Random } from '../random.ts';

/** What is known while a Dockerfile is made. */
export interface RandomState {
  readonly random: Random;
  readonly isOld: boolean;
  readonly files: readonly CaseFile[];
  /** Absolute paths of files by stage. */
  readonly made: string[][];
  /** So that names differ. */
  count: number;
}

type StepMaker = (state: RandomState, stage: number) => string | undefined;

/** One instruction that can be built on those before it. */
export function randomStep(state: RandomState, stage: number): string {
  for (;;) {
    const makers = state.isOld ? anywhere : [...anywhere, ...recent];
    const text = state.random.pick(makers)(state, stage);
    if (text !== undefined) return text;
  }
}

const copyFile: StepMaker = (state, stage) =>
  `COPY ${flagsOf(state)}${pathOf(state)} ${newPath(state, stage)}`;

const copyDirectory: StepMaker = (state) =>
  `COPY ${flagsOf(state)}${state.random.pick(['src', 'src/', 'docs', 'src/in', '.', './src'])} /d${state.count++}`;

const copyPattern: StepMaker = (state) =>
  `COPY ${state.random.pick(['*.txt', 'src/*', 'docs/*.md', '?.txt', 's*'])} /d${state.count++}/`;

const copySeveral: StepMaker = (state) => `COPY ${pathOf(state)} ${pathOf(state)} /d${state.count++}/`;

const copyFromStage: StepMaker = (state, stage) => {
  const found = fromOther(state, stage);
  return found && `COPY --from=s${found.stage} ${found.path} ${newPath(state, stage)}`;
};

const addFile: StepMaker = (state, stage) => `ADD ${pathOf(state)} ${newPath(state, stage)}`;

const echo: StepMaker = (state, stage) =>
  `RUN echo ${state.random.pick(['one', 'two', '$A', '$E'])} > ${newPath(state, stage)}`;

const copyInside: StepMaker = (state, stage) => {
  const made = state.made[stage] ?? [];
  return made.length === 0 ? undefined : `RUN cat ${state.random.pick(made)} > ${newPath(state, stage)}`;
};

const cut: StepMaker = (state, stage) => {
  const made = state.made[stage] ?? [];
  return made.length === 0
    ? undefined
    : `RUN head -c 2 ${state.random.pick(made)} > ${newPath(state, stage)}`;
};

const metadata: StepMaker = ({ random }) =>
  random.pick([
    'LABEL a=b',
    'CMD ["sh"]',
    'EXPOSE 80',
    'STOPSIGNAL SIGINT',
    'VOLUME /v',
    'LABEL v=$A',
    'ENTRYPOINT []',
  ]);

const setting: StepMaker = ({ random }) =>
  random.pick([
    'ENV E=one',
    'ENV E=$A',
    'ENV F=x G=y',
    'ARG A=1',
    'ARG B',
    'ARG A',
    'USER 0',
    'USER root',
    'ARG C=c$A',
  ]);

const workdir: StepMaker = (state) => `WORKDIR ${state.random.pick(['/w', '/w/x', 'rel', '/', '/${A:-w}'])}`;

const shell: StepMaker = ({ random }) => `SHELL ["/bin/sh", "-${random.pick(['c', 'ec', 'xc'])}"]`;

const mountFile: StepMaker = (state, stage) =>
  `RUN --mount=type=bind,source=${state.random.pick(['a.txt', 'b.txt'])},target=/m cat /m > ${newPath(state, stage)}`;

const mountDirectory: StepMaker = (state, stage) =>
  `RUN --mount=type=bind,source=src,target=/m ls /m > ${newPath(state, stage)}`;

const mountStage: StepMaker = (state, stage) => {
  const found = fromOther(state, stage);
  if (found === undefined) return undefined;
  return `RUN --mount=type=bind,from=s${found.stage},source=${found.path},target=/m cat /m > ${newPath(state, stage)}`;
};

const mountCache: StepMaker = (state, stage) =>
  `RUN --mount=type=cache,target=/c${state.random.below(2)} echo cache > ${newPath(state, stage)}`;

const heredocRun: StepMaker = (state, stage) =>
  `RUN <<EOF\necho ${state.random.pick(['x', '$A'])} > ${newPath(state, stage)}\nEOF`;

const heredocCopy: StepMaker = (state, stage) =>
  `COPY <<${state.random.pick(['EOF', '"EOF"'])} ${newPath(state, stage)}\nvalue $A\nEOF`;

const exclude: StepMaker = (state) =>
  `COPY --exclude=*.${state.random.pick(['log', 'txt'])} src /d${state.count++}`;

const parents: StepMaker = (state) =>
  `COPY --parents ${state.random.pick(['src/in/c.txt', 'src/./in', 'docs/*.md'])} /d${state.count++}/`;

const linked: StepMaker = (state, stage) => `COPY --link ${pathOf(state)} ${newPath(state, stage)}`;

const anywhere: readonly StepMaker[] = [
  ...[copyFile, copyFile, copyDirectory, copyDirectory, copyPattern, copySeveral],
  ...[copyFromStage, copyFromStage, copyFromStage, addFile, echo, echo, copyInside, copyInside, cut],
  ...[metadata, setting, setting, workdir, shell, mountFile, mountDirectory, mountStage, mountCache],
];

/** Which the BuildKit of Engine 20.10 does not know. */
const recent: readonly StepMaker[] = [heredocRun, heredocCopy, exclude, parents, linked];

function pathOf({ random }: RandomState): string {
  return random.pick(['a.txt', 'b.txt', 'c.log', 'src/a.txt', './b.txt', '/a.txt']);
}

function flagsOf({ random, isOld }: RandomState): string {
  const chmod = isOld ? '' : '--chmod=755 ';
  return random.pick(['', '', '', '--chown=1000 ', '--chown=app:app ', chmod]);
}

function newPath(state: RandomState, stage: number): string {
  const path = `/f${state.count++}`;
  state.made[stage]?.push(path);
  return path;
}

function fromOther(
  { random, made }: RandomState,
  stage: number,
): { readonly stage: number; readonly path: string } | undefined {
  if (stage === 0) return undefined;
  const other = random.below(stage);
  const paths = made[other] ?? [];
  return paths.length === 0 ? undefined : { stage: other, path: random.pick(paths) };
}
