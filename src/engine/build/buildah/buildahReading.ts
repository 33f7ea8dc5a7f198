import type { CallOptions } from '../../base/progress.ts';
import type { Doubt } from '../classic/cursor.ts';
import type { SummedFile } from '../classic/copySum.ts';
import { newImage, notCompared, remoteSource, stageOutput, unreadable } from '../classic/reasons.ts';
import type { CopyCommand } from '../dockerfile/commands.ts';
import { isRemoteSource } from '../plan/copySource.ts';
import type { BuildahContext, BuildahInput, CopySettings, Owner } from './buildahInput.ts';
import type { BuildahCursor, BuildahStages } from './buildahStages.ts';
import type { BuildahState } from './buildahState.ts';
import type { CopyQuestion } from './copyDigest.ts';
import type { HistoryShelf } from './historyShelf.ts';

/** What stands for the sources of a COPY or ADD, or why it cannot be told. */
export interface BuildahReading {
  /** Any of them will do. */
  readonly digests?: readonly string[];
  readonly files?: readonly SummedFile[];
  /** When anything of it was changed last, attributes included; milliseconds. */
  readonly changed?: number;
  readonly doubt?: Doubt;
  /** The build ends here. */
  readonly failure?: string;
  /** The same with extended attributes, which nobody looked at yet; undefined where they cannot be read. */
  readonly again?: () => Promise<BuildahReading | undefined>;
}

/** Reads what a COPY or ADD of one stage copies. */
export class BuildahReader {
  readonly #input: BuildahInput;
  readonly #shelf: HistoryShelf;
  readonly #stages: BuildahStages;
  readonly #options: CallOptions;

  constructor(input: BuildahInput, shelf: HistoryShelf, stages: BuildahStages, options: CallOptions) {
    this.#input = input;
    this.#shelf = shelf;
    this.#stages = stages;
    this.#options = options;
  }

  /** @param place the position of the instruction, and the number of its stage. */
  async read(
    command: CopyCommand,
    state: BuildahState,
    cursor: BuildahCursor,
    place: { readonly at: number; readonly stage: number },
  ): Promise<BuildahReading> {
    if (isBeyond(command)) return { doubt: notComputed(command) };
    const sources = command.sources.map(({ text }) => state.expand(text));
    const remote = sources.find(isRemoteSource);
    if (remote !== undefined) return { doubt: remoteSource(remote) };
    const chown = state.expand(command.chown);
    const owner = await this.#ownerOf(chown, cursor);
    if (chown !== '' && owner === undefined) return { doubt: unknownOwner(chown) };
    const settings = settingsOf(owner, state.expand(command.chmod));
    const destination = state.expand(command.destination.text);
    const bytes = sources.map((source) => Buffer.from(source).toString('latin1'));
    const question = { sources: bytes, destination, isAdd: command.kind === 'add' };
    if (command.from === undefined) return (await this.#ask(this.#input.context, question, settings)) ?? {};
    const named = this.#input.namedContexts?.get(command.from.text);
    if (named !== undefined)
      return (await this.#ask(named, question, { ...settings, keepsOwners: true })) ?? {};
    return this.#readStage(command.from.text, place, sources, destination);
  }

  async #ask(
    context: BuildahContext,
    question: CopyQuestion,
    settings: CopySettings,
  ): Promise<BuildahReading | undefined> {
    const answer = await context.digests(question, settings, this.#options);
    if (answer.kind === 'no-attributes') return undefined;
    if (answer.kind === 'unknown') return { doubt: unreadContext(answer.why) };
    if (answer.kind === 'unreadable') return { doubt: unreadable(answer.path) };
    if (answer.kind === 'missing')
      return { failure: `${Buffer.from(answer.source, 'latin1').toString()} is not in the context` };
    const { texts, files, changed } = answer;
    const again = (): Promise<BuildahReading | undefined> =>
      this.#ask(context, question, { ...settings, withAttributes: true });
    return { digests: texts, files, changed, ...(settings.withAttributes !== true && { again }) };
  }

  /** Numbers are themselves, names are those of the image; a group that is not given has the user's number. */
  async #ownerOf(text: string, cursor: BuildahCursor): Promise<Owner | undefined> {
    if (text === '') return undefined;
    const [, uid, gid = uid] = /^([0-9]+)(?::([0-9]+))?$/.exec(text) ?? [];
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
    const image = this.#imageOf(cursor);
    return image && this.#input.ownerIn?.(image, text, this.#options);
  }

  async #readStage(
    name: string,
    { at, stage }: { readonly at: number; readonly stage: number },
    sources: readonly string[],
    destination: string,
  ): Promise<BuildahReading> {
    const cursor = this.#stages.sourceOf(name, stage);
    if (cursor.kind === 'missed') return { doubt: stageOutput(name, cursor.instruction) };
    if (cursor.kind === 'unseen') return { doubt: cursor.doubt };
    const image = this.#imageOf(cursor);
    if (image === undefined) return { doubt: newImage(name) };
    const digest = await this.#input.imageDigest?.(image.id, sources, destination, at);
    if (digest === undefined) return { doubt: cursor.doubt ?? notCompared(name) };
    return { digests: [digest], ...(cursor.doubt !== undefined && { doubt: cursor.doubt }) };
  }

  #imageOf(cursor: BuildahCursor): ReturnType<HistoryShelf['find']> {
    const [below] = cursor.kind === 'on' ? cursor.images : [];
    return this.#shelf.all.find((each) => each === below);
  }
}

/** What is not computed here: heredocs, and flags of newer versions. */
function isBeyond({ inlineFiles, exclude, keepsParents, isLinked }: CopyCommand): boolean {
  return inlineFiles.length > 0 || exclude.length > 0 || keepsParents || isLinked;
}

function settingsOf(owner: Owner | undefined, chmod: string): CopySettings {
  return {
    ...(owner !== undefined && { owner }),
    ...(/^[0-7]+$/.test(chmod) && { mode: parseInt(chmod, 8) }),
  };
}

function notComputed({ instruction }: CopyCommand): Doubt {
  const [flag] = instruction.flags;
  const what = flag === undefined ? 'a heredoc' : `--${flag.name}`;
  const text = `what buildah makes of ${what} is not computed here`;
  return { state: 'unknown', reason: { code: 'not-understood', text, subject: what } };
}

function unknownOwner(owner: string): Doubt {
  const text = `the number of ${owner} in the image is not known`;
  return { state: 'unknown', reason: { code: 'not-understood', text, subject: owner } };
}

function unreadContext(why: string): Doubt {
  return { state: 'unknown', reason: { code: 'context-unreadable', text: why } };
}
