import { hostSliceMs, Pacer } from '../../base/abort.ts';
import { inPieces } from '../../base/pieces.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import { keyFormatOf } from '../operationKey/keyFormat.ts';
import { keyingOf } from '../vertices/keyBuild.ts';
import { askContents } from './askContents.ts';
import type { BuildkitBuild, BuildkitQuestion, BuildkitResult } from './buildkitQuestion.ts';
import { BuilderList, rowsOfResult } from './builderList.ts';
import { buildkitVersionOf } from './buildkitVersion.ts';
import type { SeenBuild, StepFinding } from './cacheGraph.ts';
import type { CacheReport } from './cacheReport.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import type { ContentAnswer } from './contextView.ts';
import { frontendLimits } from './frontendLimits.ts';
import type { KnownResult } from './knownCache.ts';
import { matchBuild, matchKeys } from './matchBuild.ts';
import { readKnownCache } from './readKnownCache.ts';
import type { KnownContents } from './vertexMatcher.ts';
import { RebuildReasons } from './rebuildReasons.ts';
import { recordBuild } from './recordBuild.ts';
import { reportSteps } from './reportSteps.ts';
import { StepViews } from './stepView.ts';
import type { KeyedBuild } from './vertex.ts';
import { addStatuses } from './vertexStatus.ts';

/**
 * What the next build by BuildKit will take from its cache. Pure but for the questions that it has for the contexts.
 *
 * @throws EngineError `cancelled`, and what a context says.
 */
export async function predictBuildkit(
  question: BuildkitQuestion,
  options: CallOptions = {},
): Promise<CacheReport> {
  const { builder, command, seen, listed } = question;
  const pacer = pacerOf(question, options);
  const conclusions = await conclude(question, options, pacer);
  const statuses: VertexStatus[] = [];
  const reasons = new RebuildReasons(conclusions, statuses);
  await inPieces(addStatuses(conclusions, statuses, reasons), pacer);
  const { steps, triggers } = await reportSteps(conclusions, statuses, reasons, options, pacer);
  const evidence = seen.map(({ kind, subject, builtAt }) => ({
    kind,
    ...(subject !== undefined && { subject }),
    ...(builtAt !== undefined && { builtAt }),
    isChecked: listed !== undefined,
  }));
  return { builder, command, steps, triggers, problems: problemsOf(question), evidence };
}

/** It runs on the thread of whoever asks. */
function pacerOf({ request }: BuildkitBuild, { signal }: CallOptions): Pacer {
  return new Pacer(signal, request.dockerfile, undefined, hostSliceMs);
}

function problemsOf({ plan, dockerfile, builder }: BuildkitQuestion): CacheReport['problems'] {
  const { refusedPart } = frontendLimits(dockerfile, builder);
  const refused = dockerfile.instructions.flatMap((instruction): readonly DockerfileProblem[] => {
    const part = refusedPart(instruction);
    if (part === undefined) return [];
    const message = `unknown to this builder's frontend: ${part}`;
    return [{ code: 'unknown-flag', severity: 'error', range: instruction.range, message }];
  });
  return [...plan.problems, ...refused].sort((one, other) => one.range.start - other.range.start);
}

/**
 * The keys of a build that is made or was made now, for the ledger: what the contexts answer has to be what was sent.
 *
 * @throws EngineError `cancelled`, and what a context says.
 */
export async function recordBuildkit(
  build: BuildkitBuild,
  result: BuildkitResult,
  options: CallOptions = {},
): Promise<SeenBuild> {
  const format = keyFormatOf(buildkitVersionOf(build.builder));
  const pacer = pacerOf(build, options);
  const keyed = await inPieces(keyingOf(build, format), pacer);
  const answers = await askContents(keyed, build, format, options);
  return inPieces(recordBuild(keyed, build, countedContents(answers), result), pacer);
}

async function conclude(
  question: BuildkitQuestion,
  options: CallOptions,
  pacer: Pacer,
): Promise<Conclusions> {
  const { builder, dockerfile, plan, seen } = question;
  const format = keyFormatOf(buildkitVersionOf(builder));
  const keyed = await inPieces(keyingOf(question, format), pacer);
  const answers = await askContents(keyed, question, format, options);
  const cache = await readKnownCache(seen, pacer);
  const matching = matchKeys(keyed, cache, countedContents(answers), findingsOf(seen));
  const found = await inPieces(matching, pacer);
  const resultsOf = (at: number): readonly KnownResult[] =>
    [...(found[at]?.found ?? [])].flatMap((id) => cache.result(id) ?? []);
  const list = listIn(question, keyed, resultsOf);
  const isThere = (at: number): boolean => {
    const results = resultsOf(at).filter(isKept);
    return results.some(isImported) || (results.length > 0 && list?.presenceOf(at) !== 'absent');
  };
  const matches = await inPieces(matchBuild(keyed, found, isThere), pacer);
  return { question, keyed, cache, answers, matches, views: new StepViews(dockerfile, plan, keyed), list };
}

function listIn(
  { listed, plan }: BuildkitQuestion,
  keyed: KeyedBuild,
  resultsOf: (vertex: number) => readonly KnownResult[],
): BuilderList | undefined {
  if (listed === undefined) return undefined;
  return new BuilderList(listed, keyed, plan, (at) => resultsOf(at).flatMap(rowsOfResult));
}

function isImported({ records }: KnownResult): boolean {
  return records.some(({ build, record }) => build.isImported === true && record.isKeyAlone !== true);
}

function countedContents(answers: ReadonlyMap<string, ContentAnswer>): KnownContents {
  return new Map([...answers].map(([id, { counted }]) => [id, counted]));
}

function isKept({ records }: KnownResult): boolean {
  return records.some(({ record }) => record.isKeyAlone !== true);
}

/** Of what several images tell of one vertex what leaves the most open. */
function findingsOf(seen: readonly SeenBuild[]): ReadonlyMap<number, StepFinding> {
  const found = new Map<number, StepFinding>();
  for (const { finding } of seen.flatMap(({ steps }) => steps)) {
    const known = finding && found.get(finding.vertex);
    if (finding === undefined || (known !== undefined && ranks[known.state] <= ranks[finding.state]))
      continue;
    found.set(finding.vertex, finding);
  }
  return found;
}

const ranks = { depends: 0, unknown: 1, rebuild: 2 } as const;
