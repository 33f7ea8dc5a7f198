/** What is known of one step of an image before its config is. */
export interface ToldStep {
  readonly createdBy: string;
  /** Bytes, as the engine counts them; a layer may count 0. */
  readonly sizeBytes: number;
}

/**
 * Which steps made no layer. An engine does not tell (its history has sizes only), but how many layers there are is
 * known: steps with bytes made one, and of the others those whose instruction most likely did, until the numbers agree.
 *
 * @param steps oldest first.
 */
export function findEmptySteps(steps: readonly ToldStep[], layerCount: number): readonly boolean[] {
  const made = steps.map(({ sizeBytes }) => sizeBytes > 0);
  const missing = Math.max(0, layerCount - made.filter(Boolean).length);
  const doubtful = [...steps.keys()].filter((step) => made[step] !== true);
  // Sorting is stable: among steps that are as likely, the oldest counts.
  doubtful.sort((a, b) => likelihood(steps[b]) - likelihood(steps[a]));
  for (const step of doubtful.slice(0, missing)) made[step] = true;
  return made.map((isLayer) => !isLayer);
}

/** How likely an instruction that brought no bytes made a layer: 3 as a rule, 0 as good as never. */
function likelihood(step: ToldStep | undefined): number {
  const text = step?.createdBy ?? '';
  const nop = /^(?:\|\d+ .*?)?\/bin\/sh -c #\(nop\)\s*(.*)$/s.exec(text)?.[1];
  const [, keyword = ''] = /^([A-Z]+)(?:\s|$)/.exec(nop ?? text) ?? [];
  if (metadata.has(keyword)) return 0;
  // A folder that was there is not made again.
  if (keyword === 'WORKDIR') return nop === undefined ? 2 : 1;
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
