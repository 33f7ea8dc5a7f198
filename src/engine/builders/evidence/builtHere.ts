import { lstat, realpath } from 'node:fs/promises';
import { release, totalmem } from 'node:os';
import path from 'node:path';
import type { CallOptions } from '../../base/progress.ts';
import { settledTime } from '../../build/contextHash/lastChange.ts';
import { readIgnoreFile } from '../../build/ignorefile/ignoreFile.ts';
import { textMember } from '../../oci/json.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { HistoryBuild, SentContext } from '../historyRecords/historyBuild.ts';
import type { BuiltContext } from '../imageEvidence/unchangedContent.ts';
import type { BuildxRefs } from './buildxRefs.ts';
import type { EvidenceQuestion, HerePlaces } from './evidenceQuestion.ts';

type AskedDirectory = Pick<EvidenceQuestion, 'prepared'> & {
  readonly here?: Pick<HerePlaces, 'env' | 'contexts'>;
  readonly build: Pick<EvidenceQuestion['build'], 'context'>;
};

/**
 * Which builds were made of the directory that is asked about, on this machine. Only buildx keeps that, in files of its own
 * beside docker's configuration: a record of the history does not name the directory, and another one with the same
 * Dockerfile may have other files.
 */
export class BuiltHere {
  readonly #engine: AskedEngine;
  readonly #refs: BuildxRefs;

  constructor(engine: AskedEngine, refs: BuildxRefs) {
    this.#engine = engine;
    this.#refs = refs;
  }

  /** The directory that a build was sent; undefined where it may have been another, or another machine's clock counts. */
  async find(
    { seen, startedAt }: HistoryBuild,
    sent: SentContext,
    question: AskedDirectory,
    options: CallOptions,
  ): Promise<BuiltContext | undefined> {
    const { prepared, build, here } = question;
    if (here === undefined || startedAt === undefined || startedAt > Date.now()) return undefined;
    if (sent.name !== 'context' || build.context === undefined || seen.subject === undefined)
      return undefined;
    const directory = (await this.#refs.find(seen.subject, here.env))?.context;
    if (directory === undefined || !(await isStill(directory, prepared.request.context, startedAt)))
      return undefined;
    if (!(await this.#isOnThisMachine(options))) return undefined;
    const { context: now, request } = prepared;
    if (now.isTar !== true && isOf(now.ignoreFile, sent)) return { view: build.context, startedAt };
    const context = { directory: request.context, ignoreFile: sent.ignored.join('\n') };
    if (!isOf(context.ignoreFile, sent)) return undefined;
    await here.contexts.refresh(context, options);
    return { view: here.contexts.view(context), startedAt };
  }

  /** A socket of this machine may lead to a virtual one, whose clock is another: both have to be one kernel's. */
  async #isOnThisMachine({ signal }: CallOptions): Promise<boolean> {
    const { client, memory } = this.#engine;
    if (process.platform !== 'linux' || client.endpoint.kind !== 'unix') return false;
    return memory.remember('this machine', async () => {
      const before = Date.now();
      const { memoryBytes, json } = await client.info(signal && { signal });
      const told = Date.parse(textMember(json, 'SystemTime') ?? '');
      const isSameClock = told >= before - clockMs && told <= Date.now() + clockMs;
      return isSameClock && memoryBytes === totalmem() && textMember(json, 'KernelVersion') === release();
    });
  }
}

const clockMs = 5;

function isOf(ignoreFile: string | undefined, { ignored }: SentContext): boolean {
  const patterns = readIgnoreFile(ignoreFile ?? '').map(({ pattern }) => pattern);
  return JSON.stringify(patterns) === JSON.stringify(ignored);
}

/** Whether a path leads to a directory, and did so at a time too. What lies in the directory is not looked at. */
async function isStill(directory: string, asked: string, sinceMs: number): Promise<boolean> {
  const [was, is] = await Promise.all(
    [directory, asked].map((each) => realpath(each).catch(() => undefined)),
  );
  if (was === undefined || was !== is) return false;
  const above = new Set([...waysTo(directory), ...waysTo(was)]);
  for (const each of above) if (!(await isOlder(each, sinceMs))) return false;
  return true;
}

function waysTo(directory: string): readonly string[] {
  const parent = path.dirname(directory);
  return parent === directory ? [directory] : [...waysTo(parent), directory];
}

/** A link as it was; a directory unless its name was given to it since: that moves one of its times alone. */
async function isOlder(place: string, sinceMs: number): Promise<boolean> {
  const stats = await lstat(place, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return false;
  if (settledTime(stats.ctimeNs) < BigInt(Math.floor(sinceMs)) * 1_000_000n) return true;
  return stats.isDirectory() && stats.mtimeNs === stats.ctimeNs;
}
