/** What is known of one step of an image before its config is. */
export interface ToldStep {
  readonly createdBy: string;
  /** Bytes, as the engine counts them; a layer may count 0. */
  readonly sizeBytes: number;
  /** Layers up to this step, where they could be counted. */
  readonly layersSoFar?: number | undefined;
}

/**
 * Which steps made no layer. An engine does not tell (its history has sizes only), but how many layers there are is
 * known: steps with bytes made one, and of the others those whose instruction most likely did, until the numbers agree.
 *
 * @param steps oldest first.
 */
export function findEmptySteps(steps: readonly ToldStep[], layerCount: number): readonly boolean[] {
  const made = steps.map(({ sizeBytes }, step) => (sizeBytes > 0 ? true : madeByCount(steps, step)));
  const missing = Math.max(0, layerCount - made.filter((each) => each === true).length);
  const doubtful = [...steps.keys()].filter((step) => made[step] === undefined);
  // Sorting is stable: among steps that are as likely, the oldest counts.
  doubtful.sort((a, b) => likelihood(steps[b]) - likelihood(steps[a]));
  for (const step of doubtful.slice(0, missing)) made[step] = true;
  return made.map((isLayer) => isLayer !== true);
}

/** Whether sizes and instructions leave it open which steps made the layers: counting them elsewhere is worth a question. */
export function areStepsDoubtful(steps: readonly ToldStep[], layerCount: number): boolean {
  const missing = layerCount - steps.filter(({ sizeBytes }) => sizeBytes > 0).length;
  const likely = steps.filter((step) => step.sizeBytes <= 0 && likelihood(step) > 0).length;
  return missing > 0 && likely !== missing;
}

function madeByCount(steps: readonly ToldStep[], step: number): boolean | undefined {
  const after = steps[step]?.layersSoFar;
  const before = step === 0 ? 0 : steps[step - 1]?.layersSoFar;
  return after === undefined || before === undefined ? undefined : after > before;
}

/** How likely an instruction that brought no bytes made a layer: 3 as a rule, 0 as good as never. */
function likelihood(step: ToldStep | undefined): number {
  const text = step?.createdBy ?? '';
  const nop = /^(?:\|\d+ .*?)?\/bin\/sh -c #\(nop\)\s*(.*)$/s.exec(text)?.[1];
  const [, keyword = ''] = /^([A-Z]+)(?:\s|$)/.exec(nop ?? text) ?? [];
  if (metadata.has(keyword)) return 0;
  // A folder that was there is not made again.
  if (keyword === 'WORKDIR') return 2;
  return 3;
}

const metadata = new Set([
  'ARG',
  'CMD',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
]);
