import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import type { CacheReport } from '../../../src/engine/build/cache/cacheReport.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { Builder, StatusOptions } from '../../../src/engine/builders/builds.ts';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/engineContract.ts';
import { agree, type BuildCase, type CaseBuild, expectedLetters } from '../buildCases.ts';
import { tempDir } from '../tempDir.ts';
import type { BuilderDoor, CaseAnswer, CaseBuilder } from './caseBuilder.ts';
import { type Finding, findingOf } from './findings.ts';
import { type CaseHooks, type CasePlace, type CaseRun, runCase } from './runCase.ts';
import { judge, type JudgedStep } from './verdicts.ts';
import type { VerdictTable } from './verdictTable.ts';

/**
 * What a status may rest on: a build through Lamina, or an image that the engine has, with an inline cache, with a record
 * in the builder's history, or with neither. A record is seen when the build has ended, as by who has the Dockerfile open
 * then, or when files were edited since: `history record, late`.
 */
export type ProofEvidence = 'lamina' | 'inline cache' | 'history record' | 'history record, late' | 'image';

/** Who makes the first build; `shared`: Lamina, and everything else that is told of it is asked as well. */
export type FirstBuild = 'lamina' | 'terminal' | 'shared';

const kinds = ['lamina', 'inline-cache', 'history-record', 'builder-images', 'image'] as const;

const allowed: Readonly<Record<ProofEvidence, readonly string[]>> = {
  lamina: ['lamina'],
  'inline cache': ['inline-cache', 'builder-images', 'image'],
  'history record': ['history-record', 'builder-images', 'image'],
  'history record, late': ['history-record', 'builder-images', 'image'],
  image: ['builder-images', 'image'],
};

export interface ProofParts extends CasePlace {
  /** As the table shows it. */
  readonly name: string;
  readonly builder: CaseBuilder;
  /** Kinds that this builder has. */
  readonly evidence: readonly ProofEvidence[];
  readonly table: VerdictTable;
}

/**
 * Compares what the engine's facade says of the next build with what the real builder then does. A case is run twice: its
 * first build once through Lamina, and once in a terminal, of which only the builder and the image tell.
 */
export class StatusProof {
  readonly findings: Finding[] = [];
  readonly #parts: ProofParts;
  readonly #engine: Engine;
  /** That of a person who has seen nothing before. */
  readonly #late: () => Engine;
  readonly #door: Builder;

  private constructor(parts: ProofParts, engines: () => Engine, door: Builder) {
    this.#parts = parts;
    this.#engine = engines();
    this.#late = engines;
    this.#door = door;
  }

  static async of(parts: ProofParts): Promise<StatusProof> {
    const { door } = parts.builder;
    if (door === undefined) throw new Error(`${parts.name} has no door`);
    const engines = (): Engine =>
      createEngine({
        log: silentLogger,
        storeDirectory: tempDir().file('store'),
        environment: door.env,
      });
    await using engine = engines();
    return new StatusProof(parts, engines, await findBuilder(engine, door, parts.name));
  }

  /**
   * The case once for each way of the first build, where the builder has evidence of it.
   *
   * @returns whether it could be built, so that something was compared.
   */
  async prove(buildCase: BuildCase, ways: readonly FirstBuild[] = ['lamina', 'terminal']): Promise<boolean> {
    let isCompared = false;
    for (const way of ways) {
      const isForTerminals = isOnlyForTerminals(buildCase);
      const evidence = this.#parts.evidence.filter((kind) => isToldBy(way, kind, isForTerminals));
      if (evidence.length === 0) continue;
      isCompared = (await this.#run(buildCase, evidence, way)) || isCompared;
    }
    return isCompared;
  }

  async #run(buildCase: BuildCase, evidence: readonly ProofEvidence[], way: FirstBuild): Promise<boolean> {
    const reports = new Map<ProofEvidence, CacheReport>();
    const beforeLast = async (request: BuildRequest): Promise<void> => {
      if (buildCase.build2.tar_owner !== undefined) return;
      for (const kind of evidence) reports.set(kind, await this.#statusBy(kind, request));
    };
    const build: CaseHooks['build'] = (request, options) =>
      way === 'terminal' || isOnlyForTerminals(buildCase)
        ? this.#buildInTerminal(request, options)
        : this.#build(way === 'shared' ? this.#withInlineCache(request) : request);
    const { builder } = this.#parts;
    const afterBuild = async (request: BuildRequest): Promise<void> => {
      const isSeen = evidence.includes('history record') && buildCase.build1.tar_owner === undefined;
      if (isSeen) await this.#statusBy('history record', request);
    };
    const run = await runCase(buildCase, builder, this.#parts, { build, afterBuild, beforeLast });
    this.#compareLetters(buildCase, run);
    if (typeof run.letters === 'string') return false;
    for (const [kind, report] of reports)
      this.#judge(buildCase, kind, judge(report, run.steps, run.letters, run.moved));
    return reports.size > 0;
  }

  async #statusBy(kind: ProofEvidence, request: BuildRequest): Promise<CacheReport> {
    const without: StatusOptions['without'] = kinds.filter((each) => !allowed[kind].includes(each));
    const options = { without, asksRegistries: true };
    if (!kind.endsWith('late')) return this.#engine.builds.status(this.#door, request, options);
    await using late = this.#late();
    return await late.builds.status(this.#door, request, options);
  }

  #judge(buildCase: BuildCase, evidence: ProofEvidence, judged: readonly JudgedStep[]): void {
    const { table, name } = this.#parts;
    table.add(name, evidence, judged);
    const finding = findingOf({ builder: name, case: buildCase.id, evidence }, judged);
    if (finding !== undefined) this.findings.push(finding);
  }

  #compareLetters(buildCase: BuildCase, { letters, output }: CaseRun): void {
    const { builder, name } = this.#parts;
    const expected = expectedLetters(buildCase, ...builder.keys);
    if (expected === undefined || letters === 'skipped' || letters === 'lacking') return;
    if (agree(letters, expected)) return;
    const got = typeof letters === 'string' ? `X: ${output.slice(-300)}` : letters.join(' ');
    const lines = [`wrong: the case expects ${[expected].flat().join(' ')}, the builder did ${got}`];
    this.findings.push({ builder: name, case: buildCase.id, evidence: 'letters', isWrong: true, lines });
  }

  /** Undefined where the client has no such option. */
  async #build(request: BuildRequest): Promise<CaseAnswer | undefined> {
    try {
      const { failure, log } = await this.#engine.builds.build(this.#door, request);
      return { isBuilt: failure === undefined, output: log };
    } catch (error) {
      if (isEngineError(error, 'unsupported') && error.subject.startsWith('--')) return undefined;
      throw error;
    }
  }

  #buildInTerminal(request: BuildRequest, options: CaseBuild): Promise<CaseAnswer | undefined> {
    return this.#parts.builder.build(this.#withInlineCache(request), options);
  }

  /** With what makes an inline cache, where there is one: it is part of no key. */
  #withInlineCache(request: BuildRequest): BuildRequest {
    if (!this.#parts.evidence.includes('inline cache')) return request;
    return { ...request, buildArgs: new Map([...request.buildArgs, ['BUILDKIT_INLINE_CACHE', '1']]) };
  }
}

/** What Lamina keeps of its own builds is no news of another's. */
function isToldBy(way: FirstBuild, kind: ProofEvidence, isForTerminals: boolean): boolean {
  if (kind === 'lamina') return way !== 'terminal' && !isForTerminals;
  return way !== 'lamina';
}

/** What Lamina cannot be asked for. */
function isOnlyForTerminals({ build1, between }: BuildCase): boolean {
  return [build1, between?.build].some(
    (build) => build?.push !== undefined || build?.tar_owner !== undefined,
  );
}

async function findBuilder(
  { builds }: Engine,
  { socket, kind, client, program }: BuilderDoor,
  name: string,
): Promise<Builder> {
  const endpoint = socket === undefined ? undefined : ({ kind: 'unix', path: socket } as const);
  if (endpoint !== undefined && program !== undefined)
    return {
      identity: { id: `${kind}-${endpoint.path}`, kind, client, name, version: 'v0.33.0' },
      endpoint,
      program,
    };
  const found = await (endpoint === undefined ? builds.localBuilders() : builds.builders(endpoint));
  const builder = found.find(({ identity }) => identity.kind === kind && identity.client === client);
  if (builder !== undefined) return builder;
  throw new Error(`${name} is not among ${found.map(({ identity }) => identity.id).join(', ')}`);
}
