/** An instruction of a Dockerfile, read without the product's parser, so that the two are checked against each other. */
export interface DockerfileStep {
  readonly line: number;
  readonly name: string;
  readonly text: string;
  /** −1 before the first FROM. */
  readonly stage: number;
  /** Which of the stage's instructions, FROM being 1, and triggers of the base after it. */
  readonly position: number;
  /** BuildKit's row without its text: `build 2/5`, `2/5` of the only stage. */
  readonly row?: string;
  /** Other names of it: with the stage's name, when stages that the file does not show are built; without triggers. */
  readonly otherRows?: readonly string[];
}

const operations = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);

/**
 * A trigger that is no operation is counted, and has no row.
 *
 * @param onbuild triggers of base images by the name that FROM says.
 */
export function dockerfileSteps(
  text: string,
  onbuild: ReadonlyMap<string, readonly string[]> = new Map(),
): readonly DockerfileStep[] {
  const stages = splitStages(readInstructions(text));
  const known = new Set<string>();
  return stages.flatMap((stage) => {
    const [from] = stage;
    if (from?.name !== 'FROM') return stage;
    const { base, name } = fromOf(from.text);
    const isImage = base !== 'scratch' && !known.has(base.toLowerCase());
    if (name !== '') known.add(name.toLowerCase());
    const triggers = onbuild.get(base) ?? [];
    const label = `${name === '' ? `stage-${from.stage}` : name.toLowerCase()} `;
    const isAlone = stages.filter(([first]) => first?.name === 'FROM').length === 1;
    return withRows(stage, isAlone ? ['', label] : [label], isImage, triggers);
  });
}

type Unrowed = Omit<DockerfileStep, 'row' | 'otherRows'>;

function withRows(
  stage: readonly Unrowed[],
  labels: readonly string[],
  isImage: boolean,
  triggers: readonly string[],
): readonly DockerfileStep[] {
  const done = triggers.filter((each) => operations.has(keywordOf(each))).length;
  const own = stage.filter(({ name }) => operations.has(name)).length + (isImage ? 1 : 0);
  let count = 0;
  return stage.map((unshifted) => {
    const isFrom = unshifted.name === 'FROM';
    const step = { ...unshifted, position: unshifted.position + (isFrom ? 0 : triggers.length) };
    if (isFrom) {
      count = (isImage ? 1 : 0) + done;
      return step;
    }
    // The root is counted and has no row, and the count goes on where it was.
    if (!operations.has(step.name) || /^WORKDIR\s+\/\s*$/i.test(step.text)) return step;
    count += 1;
    // Before BuildKit 0.17 triggers were not counted.
    const counts = [`${count}/${own + triggers.length}`, `${count}/${own}`];
    const [row = '', ...otherRows] = counts.flatMap((each) => labels.map((label) => label + each));
    return { ...step, row, otherRows };
  });
}

function splitStages(instructions: readonly Instruction[]): readonly (readonly Unrowed[])[] {
  const stages: Unrowed[][] = [[]];
  let index = -1;
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') {
      index += 1;
      stages.push([]);
    }
    const stage = stages.at(-1) ?? [];
    stage.push({ ...instruction, stage: index, position: stage.length + 1 });
  }
  return stages;
}

function fromOf(text: string): { readonly base: string; readonly name: string } {
  const words = text.split(/\s+/).slice(1);
  const [base = '', as = '', name = ''] = words.filter((word) => !word.startsWith('--'));
  return { base, name: as.toLowerCase() === 'as' ? name : '' };
}

function keywordOf(text: string): string {
  return (/^\s*(\S+)/.exec(text)?.[1] ?? '').toUpperCase();
}

interface Instruction {
  readonly line: number;
  readonly name: string;
  readonly text: string;
}

function readInstructions(text: string): readonly Instruction[] {
  const escape = /^#\s*escape\s*=\s*(\S)/i.exec(text)?.[1] ?? '\\';
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const found: Instruction[] = [];
  for (let at = 0; at < lines.length;) {
    if (isNothing(lines[at] ?? '')) {
      at += 1;
      continue;
    }
    const { whole, next } = joinLines(lines, at, escape);
    const name = keywordOf(whole);
    found.push({ line: at + 1, name, text: whole.trim() });
    at = ['RUN', 'COPY', 'ADD'].includes(name) ? afterHeredocs(whole, lines, next) : next;
  }
  return found;
}

function joinLines(
  lines: readonly string[],
  start: number,
  escape: string,
): { readonly whole: string; readonly next: number } {
  let whole = '';
  for (let at = start; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (at > start && isNothing(line)) continue;
    if (!line.trimEnd().endsWith(escape)) return { whole: whole + line, next: at + 1 };
    whole += line.trimEnd().slice(0, -1);
  }
  return { whole, next: lines.length };
}

function afterHeredocs(whole: string, lines: readonly string[], start: number): number {
  let at = start;
  for (const [, word] of whole.matchAll(/<<-?\s*["']?(\w+)["']?/g)) {
    while (at < lines.length && lines[at]?.trim() !== word) at += 1;
    at += 1;
  }
  return at;
}

function isNothing(line: string): boolean {
  return line.trim() === '' || line.trimStart().startsWith('#');
}
