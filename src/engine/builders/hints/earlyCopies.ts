import type { StepStatus } from '../../build/cache/cacheReport.ts';
import type { Instruction } from '../../build/dockerfile/ast.ts';
import { toText } from '../../base/layerPath.ts';
import type { EarlyCopy, HintQuestion, ReadLayer } from './layerHint.ts';

/** An installation, and the files that it goes by: the first is needed, the others are taken when they are there. */
interface Installer {
  readonly command: RegExp;
  readonly reads: (command: string) => readonly string[];
}

const installers: readonly Installer[] = [
  { command: /\bpip3? install\b.*\s-r\s?\S/, reads: requirementFiles },
  {
    command: /\bnpm (?:ci\b|(?:install|i)(?=\s*(?:$|&&|;|\||--(?!global))))/,
    reads: () => ['package.json', 'package-lock.json', '.npmrc'],
  },
  { command: /\byarn(?: install\b|\s*(?:$|&&|;|--))/, reads: () => ['package.json', 'yarn.lock'] },
  {
    command: /\bpnpm (?:install|i)(?=\s*(?:$|&&|;|\||--(?!global)))/,
    reads: () => ['package.json', 'pnpm-lock.yaml'],
  },
  { command: /\bgo mod download\b/, reads: () => ['go.mod', 'go.sum'] },
  { command: /\bbundle install\b/, reads: () => ['Gemfile', 'Gemfile.lock'] },
  { command: /\bpoetry install\b/, reads: () => ['pyproject.toml', 'poetry.lock'] },
];

/**
 * Copies of many files, an installation below that is made again for them, and none of the files that the installation
 * goes by among those that changed: had these been copied first, it would have been found.
 */
export function earlyCopies({ instructions, steps, layers }: HintQuestion): readonly EarlyCopy[] {
  return steps.flatMap((copy) => {
    const copied = layers.find(({ instruction }) => instruction === copy.instruction);
    if (copied === undefined || !isChangedCopy(copy, instructions)) return [];
    const below = steps.filter(
      ({ reason }) => reason.code === 'step-above' && causeOf(reason, steps) === copy,
    );
    const found = below.map((step) => earlyCopy(copy, copied, step, instructions[step.instruction]));
    return found.filter((hint) => hint !== undefined).slice(0, 1);
  });
}

/** A step that is made again for another that is made again, up to the one that began it. */
function causeOf(
  { instruction }: StepStatus['reason'],
  steps: readonly StepStatus[],
): StepStatus | undefined {
  for (let at = instruction, hops = 0; at !== undefined && hops < steps.length; hops++) {
    const step = steps[at];
    if (step?.reason.code !== 'step-above') return step;
    at = step.reason.instruction;
  }
  return undefined;
}

function isChangedCopy({ reason, instruction }: StepStatus, instructions: readonly Instruction[]): boolean {
  const { name, flags = [] } = instructions[instruction] ?? {};
  const isCopy = name === 'COPY' && !flags.some((flag) => flag.name === 'from');
  // Of more files than are listed it is not known whether one that is needed is among them.
  return isCopy && reason.code === 'files-changed' && reason.pathCount === reason.paths?.length;
}

function earlyCopy(
  copy: StepStatus,
  { changes }: ReadLayer,
  installation: StepStatus,
  instruction: Instruction | undefined,
): EarlyCopy | undefined {
  const command = instruction?.name === 'RUN' ? instruction.original : '';
  const installer = installers.find((each) => each.command.test(command.slice(0, 10_000)));
  const present = new Set(
    changes.filter(({ entry }) => entry?.type === 'file').map(({ path }) => toText(path)),
  );
  const reads = installer?.reads(command) ?? [];
  const needed = reads.filter((file) => [...present].some((path) => path.endsWith(`/${file}`)));
  const changed = (copy.reason.paths ?? []).map(({ path }) => path);
  if (needed.length === 0 || needed[0] !== reads[0] || changed.some((path) => needed.includes(path)))
    return undefined;
  const { seconds, layer } = installation;
  return {
    kind: 'early-copy',
    instruction: copy.instruction,
    installation: installation.instruction,
    needed,
    changed,
    ...(seconds !== undefined && { seconds }),
    ...(layer?.size !== undefined && { bytes: layer.size }),
  };
}

/** The files behind `-r`, where they are plain paths. */
function requirementFiles(command: string): readonly string[] {
  const found = [...command.matchAll(/\s-r\s?(\S{1,200})/g)].map(([, file = '']) => file);
  return found.map((file) => file.replace(/^\.\//, '')).filter((file) => /^[\w./-]+$/.test(file));
}
