import { randomUUID } from 'node:crypto';
import type { CallOptions } from '../../base/progress.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { ContentAnswer } from '../../build/cache/contextView.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { isSha256, type Sha256, sha256 } from '../../build/sha256.ts';
import type { ContentGap, HistoryBuild } from '../historyRecords/historyBuild.ts';
import type { CopiedContent } from '../imageEvidence/copyFinding.ts';
import { selectionOfRead } from '../imageEvidence/unchangedContent.ts';
import type { EvidenceQuestion, HerePlaces } from './evidenceQuestion.ts';

type Asked = Pick<EvidenceQuestion, 'prepared' | 'build'> & { readonly here: HerePlaces };

/**
 * What the steps of one recorded build read of its context, kept from when that still lay there as it was: the record does
 * not tell it, and when a file was changed since, nobody could. With it goes a copy of what was known of the files then, as
 * of a build through Lamina, so that what differs can be named.
 */
export class SeenContents {
  readonly #history: HistoryBuild;
  readonly #asked: Asked;
  /** As they are kept. */
  readonly #notes: ReadonlyMap<string, string>;
  readonly #proved = new Map<ContentGap, Sha256>();

  private constructor(history: HistoryBuild, asked: Asked, notes: ReadonlyMap<string, string>) {
    this.#history = history;
    this.#asked = asked;
    this.#notes = notes;
  }

  static async of(history: HistoryBuild, asked: Asked): Promise<SeenContents> {
    return new SeenContents(history, asked, await asked.here.notes.known());
  }

  /** The name of what is kept of the context; undefined where nothing is. */
  get upload(): string | undefined {
    return this.#notes.get(this.#key);
  }

  /** What the step read then; or that the builder may overlook what was changed since. Undefined where that is not kept. */
  async find(gap: ContentGap, options?: CallOptions): Promise<CopiedContent | undefined> {
    const { upload } = this;
    const digest = this.#notes.get(this.#keyOf(gap));
    if (!isOfContext(gap) || upload === undefined || digest === undefined || !isSha256(digest))
      return undefined;
    const answer = await this.#answer(gap, upload, options);
    if (answer === undefined || answer.unreadable.length > 0) return undefined;
    const { unseen } = answer;
    if (unseen.length === 0) return { kind: 'same', digest };
    const paths = { paths: unseen.slice(0, mostPaths), pathCount: unseen.length };
    const reason = { code: 'same-size-and-time', text: mayBeOverlooked, ...paths } as const;
    return { kind: 'finding', finding: { state: 'unknown', reason } };
  }

  prove(gap: ContentGap, digest: Sha256): void {
    this.#proved.set(gap, digest);
  }

  /** Keeps what was proved, as soon as that is all that the build read of its context. */
  async keep(options?: CallOptions): Promise<void> {
    const gaps = this.#history.gaps.filter(({ origin }) => origin === 'context');
    const isWhole = gaps.every((gap) => this.#proved.has(gap) && isOfContext(gap));
    if (gaps.length === 0 || !isWhole || this.upload !== undefined) return;
    const { prepared, here } = this.#asked;
    const name = randomUUID();
    const selections = gaps.map(({ sources }) => selectionOfRead(sources));
    await here.contexts.keepUpload(prepared.context, { name, selections }, options);
    const digests = [...this.#proved].map(([gap, digest]) => [this.#keyOf(gap), digest] as const);
    await here.notes.add(new Map([[this.#key, name], ...digests]));
  }

  async #answer(
    { sources }: ContentGap,
    upload: string,
    options?: CallOptions,
  ): Promise<ContentAnswer | undefined> {
    const { prepared, build, here } = this.#asked;
    const rules = keyFormatOf(buildkitVersionOf(build.builder));
    const view = here.contexts.view(prepared.context, upload);
    return (await view.contents([selectionOfRead(sources)], rules, options))[0];
  }

  get #key(): string {
    return this.#history.seen.subject ?? '';
  }

  #keyOf({ record, input, sources }: ContentGap): string {
    const key = this.#history.seen.records[record]?.key;
    return `${this.#key} ${sha256(JSON.stringify([key, input, sources]))}`;
  }
}

function isOfContext({ origin, sent }: ContentGap): boolean {
  return origin === 'context' && sent?.name === 'context';
}

const mostPaths = 100;

const mayBeOverlooked = 'it is not known whether the builder looks at files of the same size and time';
