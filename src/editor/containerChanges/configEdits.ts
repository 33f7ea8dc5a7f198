import { withConfigChanges } from '../../engine/index.ts';
import { type Config, type Instruction, instructions, isSet, setBy, textOf, wordsIn } from './configWords.ts';

/** What a person wrote in place of what the config has, as the instruction takes it. */
export type ConfigEdits = ReadonlyMap<Instruction, string>;

/** Why a text cannot be taken. */
export type EditComplaint =
  | { readonly kind: 'not-understood' }
  /** What the image has can be changed, and not be taken away. */
  | { readonly kind: 'missing'; readonly names: readonly string[] };

/** What is wrong with a text in place of what the config has; undefined when nothing is. */
export function complaintAbout(
  config: Config,
  instruction: Instruction,
  text: string,
): EditComplaint | undefined {
  if (text === textOf(config, instruction)) return undefined;
  const given = text === '' ? {} : setBy(instruction, text);
  if (given === undefined) return { kind: 'not-understood' };
  const names = missingNames(config, instruction, given, text);
  return names.length === 0 ? undefined : { kind: 'missing', names };
}

/** The edits as `--change` takes them: what is as it was before is left out. */
export function changesOf(config: Config, edits: ConfigEdits): readonly string[] {
  return instructions.map((each) => changeOf(config, each, edits)).filter((change) => change !== undefined);
}

/** The config with the edits, as the engine will have it. */
export function editedConfig(config: Config, edits: ConfigEdits): Config {
  return withConfigChanges(config, changesOf(config, edits));
}

/** As with docker, an empty command or entry point is none, and the image's own stays. */
function missingNames(
  config: Config,
  instruction: Instruction,
  given: Config,
  text: string,
): readonly string[] {
  if (isSet(instruction)) {
    const now = wordsIn(given, instruction);
    return [...wordsIn(config, instruction).keys()].filter((name) => !now.has(name));
  }
  return text === '' ? [instruction] : [];
}

function changeOf(config: Config, instruction: Instruction, edits: ConfigEdits): string | undefined {
  const text = edits.get(instruction);
  if (text === undefined) return undefined;
  if (isSet(instruction)) {
    const before = wordsIn(config, instruction);
    const now = wordsIn(setBy(instruction, text, config) ?? {}, instruction);
    const words = [...now].filter(([name, word]) => before.get(name) !== word).map(([, word]) => word);
    return words.length === 0 ? undefined : `${instruction} ${words.join(' ')}`;
  }
  if (text === textOf(config, instruction) && !isGivenAgain(config, instruction, edits)) return undefined;
  return text === '' ? undefined : `${instruction} ${text}`;
}

/** Another entry point takes the image's command away, unless it is given again. */
function isGivenAgain(config: Config, instruction: Instruction, edits: ConfigEdits): boolean {
  return (
    instruction === 'CMD' && edits.get('CMD') !== '' && changeOf(config, 'ENTRYPOINT', edits) !== undefined
  );
}
