import type { BuildCase, CaseEdit, CaseFile } from '../buildCases.ts';
import { Random } from '../random.ts';
import { randomFiles, randomFileEdit } from './randomFiles.ts';
import { type RandomState, randomStep } from './randomSteps.ts';

/**
 * One piece of a random case. Any of them can be left out, which makes a smaller case; some of those cannot be built, and
 * show nothing.
 */
export type RandomPiece =
  | { readonly kind: 'file'; readonly file: CaseFile }
  /** Undefined where one of the two Dockerfiles does not have it. */
  | { readonly kind: 'step'; readonly stage: number; readonly before?: string; readonly after?: string }
  | { readonly kind: 'edit'; readonly edit: CaseEdit }
  | { readonly kind: 'argument'; readonly name: string; readonly before?: string; readonly after?: string };

export interface RandomCase {
  readonly seed: number;
  /** What stands behind each FROM. */
  readonly stages: readonly string[];
  readonly pieces: readonly RandomPiece[];
}

/** @param isOld without what the BuildKit of Engine 20.10 does not know. */
export function randomCase(seed: number, isOld: boolean): RandomCase {
  const random = new Random(seed);
  const stages = randomStages(random);
  const files = randomFiles(random);
  const state: RandomState = { random, isOld, files, made: stages.map(() => []), count: 0 };
  const steps = stages.flatMap((from, stage) => randomStage(state, stage, from));
  const edits = withoutTheGone(Array.from({ length: random.below(3) }, () => randomFileEdit(random, files)));
  const pieces: readonly RandomPiece[] = [
    ...files.map((file) => ({ kind: 'file' as const, file })),
    ...(random.chance(0.6) ? editSteps(state, steps) : steps),
    ...edits.map((edit) => ({ kind: 'edit' as const, edit })),
    ...randomArguments(random),
  ];
  return { seed, stages, pieces };
}

/** What is taken away is not there for the next edit. */
function withoutTheGone(edits: readonly CaseEdit[]): readonly CaseEdit[] {
  const pathOf = (edit: CaseEdit): string => ('path' in edit ? edit.path : '');
  const gone = edits.filter(({ op }) => op === 'delete' || op === 'rename');
  return edits.filter((edit) => gone.every((each) => each === edit || pathOf(each) !== pathOf(edit)));
}

/** The case that some of the pieces make. */
export function toBuildCase({ seed, stages, pieces }: RandomCase): BuildCase {
  const textOf = (side: 'before' | 'after'): string =>
    stages.map((from, at) => [`FROM ${from}`, ...stepsOf(pieces, at, side)].join('\n')).join('\n') + '\n';
  const second = textOf('after');
  const edits = pieces.flatMap((piece) => (piece.kind === 'edit' ? [piece.edit] : []));
  return {
    id: `random-${seed}`,
    title: '',
    category: 'random',
    dockerfile: textOf('before'),
    dockerfileName: 'Dockerfile',
    isDockerfileInContext: false,
    files: pieces.flatMap((piece) => (piece.kind === 'file' ? [piece.file] : [])),
    sideFiles: [],
    images: { BASE: {} },
    pages: [],
    pullsFirst: false,
    build1: { args: argumentsOf(pieces, 'before') },
    edits: [...edits, { op: 'dockerfile', text: second }],
    build2: { args: argumentsOf(pieces, 'after') },
    steps: [],
    expect: {},
  };
}

function stepsOf(pieces: readonly RandomPiece[], stage: number, side: 'before' | 'after'): readonly string[] {
  return pieces.flatMap((piece) =>
    piece.kind === 'step' && piece.stage === stage ? (piece[side] ?? []) : [],
  );
}

function argumentsOf(
  pieces: readonly RandomPiece[],
  side: 'before' | 'after',
): Readonly<Record<string, string>> {
  const given = pieces.flatMap((piece) => {
    const value = piece.kind === 'argument' ? piece[side] : undefined;
    return piece.kind === 'argument' && value !== undefined ? [[piece.name, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/** Images, scratch, and stages before. */
function randomStages(random: Random): readonly string[] {
  const count = random.pick([1, 1, 2, 2, 3]);
  return Array.from({ length: count }, (_, at) => {
    const isOnStage = at > 0 && random.chance(0.25);
    return `${isOnStage ? `s${random.below(at)}` : '@BASE@'} AS s${at}`;
  });
}

function randomStage(state: RandomState, stage: number, from: string): readonly StepPiece[] {
  const under = /^s(\d+) /.exec(from)?.[1];
  if (under !== undefined) state.made[stage]?.push(...(state.made[Number(under)] ?? []));
  const count = 1 + state.random.below(6);
  return Array.from({ length: count }, () => {
    const text = randomStep(state, stage);
    return { kind: 'step', stage, before: text, after: text };
  });
}

type StepPiece = Extract<RandomPiece, { readonly kind: 'step' }>;

/** Changes, puts in, takes away, and moves instructions. */
function editSteps(state: RandomState, steps: readonly StepPiece[]): readonly StepPiece[] {
  const { random } = state;
  const at = random.below(steps.length);
  const one = steps[at];
  if (one === undefined) return steps;
  const { stage, before = '' } = one;
  const added: StepPiece = { kind: 'step', stage, after: randomStep(state, stage) };
  const choices: readonly (readonly StepPiece[])[] = [
    [{ ...one, after: changedText(random, before) }],
    [{ ...one, after: changedText(random, before) }],
    [one, added],
    [{ kind: 'step', stage, before }, added],
  ];
  return [...steps.slice(0, at), ...random.pick(choices), ...steps.slice(at + 1)];
}

/** Small changes, some of which are none to the builder. */
function changedText(random: Random, text: string): string {
  const changes: readonly ((text: string) => string)[] = [
    (old) => old.replace(/\becho (\w+)/, 'echo changed$1'),
    (old) => old.replace(/=(\w+)/, '=x$1'),
    (old) => old.replace(/ (\/[a-z])(\d+)$/, ' $1$2x'),
    (old) => old.replace(/^(\w+) /, '$1  '),
    (old) => old.replace(/^\w+/, (keyword) => keyword.toLowerCase()),
    (old) => `# a comment\n${old}`,
  ];
  return random.pick(changes)(text);
}

function randomArguments(random: Random): readonly RandomPiece[] {
  const value = (): string => random.pick(['1', '2', 'x']);
  return ['A', 'B'].flatMap((name) => {
    if (random.chance(0.7)) return [];
    const before = value();
    return [{ kind: 'argument' as const, name, before, after: random.chance(0.6) ? before : value() }];
  });
}
