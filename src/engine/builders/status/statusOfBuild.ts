import type { Logger } from '../../base/log.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { CacheReport, EvidenceKind } from '../../build/cache/cacheReport.ts';
import type { ContextWork } from '../../build/contextHash/contextWork.ts';
import type { Ledger } from '../../build/ledger/ledger.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { StatusOptions } from '../builds.ts';
import type { EngineEvidence } from '../evidence/engineEvidence.ts';
import { type ImportedCaches, importedCaches } from '../inlineCache/importedCaches.ts';
import { cacheNameOf } from '../knownBuilders/engineBuilders.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { uploadKeyOf } from '../prepare/uploadKey.ts';
import type { Environment } from '../runs/clientEnvironment.ts';
import { asUnderstood } from '../seen/understood.ts';
import { withSeconds } from '../seen/withSeconds.ts';
import { buildkitStatus, toBuildkitBuild } from './buildkitStatus.ts';
import { whileLayersAreRead } from './whileLayersAreRead.ts';

export interface StatusPlaces {
  readonly log: Logger;
  readonly env: Environment;
  readonly ledger: Ledger;
  readonly contexts: ContextWork;
  /** Undefined where no registry is to be asked. */
  readonly registry: AskForImage | undefined;
  /** Undefined where the builder is not to be asked. */
  readonly asked: { readonly engine: AskedEngine; readonly evidence: EngineEvidence } | undefined;
}

interface StatusQuestion {
  readonly prepared: PreparedBuild;
  readonly build: BuildkitBuild;
  /** Builds through Lamina. */
  readonly own: readonly SeenBuild[];
  readonly imported: ImportedCaches;
}

/**
 * What BuildKit will reuse: of the contexts as they were looked at last.
 *
 * @throws EngineError `cancelled`, and what the contexts say.
 */
export async function statusOfBuild(
  prepared: PreparedBuild,
  places: StatusPlaces,
  options: StatusOptions,
): Promise<CacheReport> {
  const question = await questionOf(prepared, places, options);
  const { without = [], signal, onPartial } = options;
  const answer = (kinds: readonly EvidenceKind[], asked: CallOptions): Promise<CacheReport> =>
    answerOf(question, places, kinds, asked);
  // Where no layer is asked, none is waited for.
  if (places.asked === undefined || without.includes('image')) return answer(without, options);
  return whileLayersAreRead({
    whole: (stop) =>
      answer(without, {
        ...options,
        signal: signal === undefined ? stop : AbortSignal.any([signal, stop]),
      }),
    withoutLayers: () => answer([...without, 'image'], options),
    onPartial,
  });
}

async function questionOf(
  prepared: PreparedBuild,
  { ledger, contexts, registry }: StatusPlaces,
  options: StatusOptions,
): Promise<StatusQuestion> {
  const { builder, request, context } = prepared;
  const usesOwn = options.without?.includes('lamina') !== true;
  const own = usesOwn ? await ledger.seen(cacheNameOf(builder.identity), request.dockerfile) : [];
  const key = uploadKeyOf(builder, request);
  const lastUpload = key === undefined || !usesOwn ? undefined : await ledger.lastUpload(key);
  const build = toBuildkitBuild(prepared, contexts.view(context, lastUpload), (each) => contexts.view(each));
  return { prepared, build, own, imported: await importedCaches(prepared, registry, options) };
}

async function answerOf(
  { prepared, build, own, imported }: StatusQuestion,
  { log, env, ledger, contexts, asked }: StatusPlaces,
  without: readonly EvidenceKind[],
  options: CallOptions,
): Promise<CacheReport> {
  const builder = cacheNameOf(prepared.builder.identity);
  let known: ReturnType<typeof ledger.contents> | undefined;
  const notes = {
    // Once for all builds of the history that are looked at.
    known: () => (known ??= ledger.contents(builder)),
    add: (contents: ReadonlyMap<string, string>) => ledger.addContents(builder, contents),
  };
  const question = { prepared, build, seen: own, without, here: { env, contexts, notes } };
  const found = await asked?.evidence.find(question, options);
  const inline = found?.seen.filter(({ kind }) => kind === 'inline-cache') ?? [];
  const understood = asUnderstood(own, inline);
  if (!understood.isUnderstood) log.warn(`${prepared.builder.identity.name}: its keys are not understood`);
  const seen = [...understood.builds, ...(found?.seen ?? []), ...imported.seen].sort(
    (one, other) => (other.builtAt ?? 0) - (one.builtAt ?? 0),
  );
  const { listed, isUnread = false } = found ?? {};
  const builds = { seen, listed, isUnread, unreadCaches: imported.unread };
  const told = withSeconds(await buildkitStatus(build, builds, options), seen);
  return asked === undefined ? told : asked.engine.sizes.complete(told, options.signal);
}
