import type { CallOptions } from '../../base/progress.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import { keyFormatOf } from '../operationKey/keyFormat.ts';
import { keyBuild } from '../vertices/keyBuild.ts';
import { askContents } from './askContents.ts';
import type { BuildkitBuild, BuildkitQuestion, BuildkitResult } from './buildkitQuestion.ts';
import { BuilderList, rowsOfResult } from './builderList.ts';
import { buildkitVersionOf } from './buildkitVersion.ts';
import type { SeenBuild, StepFinding } from './cacheGraph.ts';
import type { CacheReport } from './cacheReport.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import type { ContentAnswer } from './contextView.ts';
import { frontendLimits } from './frontendLimits.ts';
import { KnownCache, type KnownResult } from './knownCache.ts';
import { matchBuild, matchKeys } from './matchBuild.ts';
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
  const conclusions = await conclude(question, options);
  const statuses: VertexStatus[] = [];
  const reasons = new RebuildReasons(conclusions, statuses);
  addStatuses(conclusions, statuses, reasons);
  const { steps, triggers } = await reportSteps(conclusions, statuses, reasons, options);
  const evidence = seen.map(({ kind, subject, builtAt }) => ({
    kind,
    ...(subject !== undefined && { subject }),
    ...(builtAt !== undefined && { builtAt }),
    isChecked: listed !== undefined,
  }));
  return { builder, command, steps, triggers, problems: problemsOf(question), evidence };
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
  const keyed = keyBuild(build, format);
  const answers = await askContents(keyed, build, format, options);
  return recordBuild(keyed, build, countedContents(answers), result);
}

async function conclude(question: BuildkitQuestion, options: CallOptions): Promise<Conclusions> {
  const { builder, dockerfile, plan, seen } = question;
  const format = keyFormatOf(buildkitVersionOf(builder));
  const keyed = keyBuild(question, format);
  const answers = await askContents(keyed, question, format, options);
  const cache = new KnownCache(seen);
  const found = matchKeys(keyed, cache, countedContents(answers), findingsOf(seen));
  const resultsOf = (at: number): readonly KnownResult[] =>
    [...(found[at]?.found ?? [])].flatMap((id) => cache.result(id) ?? []);
  const list = listIn(question, keyed, resultsOf);
  const isThere = (at: number): boolean => {
    const results = resultsOf(at).filter(isKept);
    return results.some(isImported) || (results.length > 0 && list?.presenceOf(at) !== 'absent');
  };
  const matches = matchBuild(keyed, found, isThere);
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
