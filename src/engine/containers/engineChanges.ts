import { throwIfAborted } from '../base/abort.ts';
import { type LayerPath, parentPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import type { ContainerBase } from '../snapshots/container.ts';
import { type ChangedAspect, differencesOf } from '../snapshots/containerDiff.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFacts } from './containerFacts.ts';
import type { ContainerFile, ContainerFileChange } from './containerFiles.ts';
import { toFile } from './untouchedFile.ts';
import { haveSameBytes } from './haveSameBytes.ts';
import { namedChanges } from './namedChanges.ts';
import type { ToldChange, TouchedNames } from './touchedNames.ts';

export interface EngineChangesParts {
  readonly archive: ArchiveEndpoint;
  readonly facts: ContainerFacts;
  readonly touched: TouchedNames;
  /** The image, where it can be had. */
  readonly base: ContainerBase | undefined;
  /** Podman lists what was touched, as it is again too; Docker what differs. */
  readonly listsTouched: boolean;
}

/**
 * What the engine says differs from the image (formats.md §3.1), and why: both versions are looked at, and where size and
 * time leave it open, their bytes are compared. Without the image there is no `before` and no reason.
 */
export async function engineChanges(
  parts: EngineChangesParts,
  options: CallOptions = {},
): Promise<readonly ContainerFileChange[]> {
  const { facts, touched, base } = parts;
  const told = await namedChanges(await touched.ask(options), parts, options);
  const made = told.filter(({ kind }) => kind === 'added').map(({ path }) => path);
  const there = told.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path);
  const now = await facts.ofAll(there, options, new Set(made));
  const changes: ContainerFileChange[] = [];
  for (const [done, each] of told.entries()) {
    throwIfAborted(options.signal, toText(each.path));
    options.onProgress?.({ subject: toText(each.path), done, total: told.length });
    changes.push(await toChange(parts, each, base?.view.lookup(each.path), now.get(each.path), options));
  }
  return parts.listsTouched ? withoutUntouched(changes) : changes;
}

/** Takes out what is as the image has it, and folders that are listed for nothing. */
function withoutUntouched(changes: readonly ContainerFileChange[]): readonly ContainerFileChange[] {
  const needed = new Set<LayerPath>();
  const kept = changes.toReversed().filter(({ path, kind, before, after, differs }) => {
    const isKnown = kind === 'modified' && before !== undefined && after !== undefined;
    if (isKnown && differs.length === 0 && !needed.has(path)) return false;
    needed.add(parentPath(path));
    return true;
  });
  return kept.reverse();
}

async function toChange(
  parts: EngineChangesParts,
  { path, kind }: ToldChange,
  entry: RootfsEntry | undefined,
  after: ContainerFile | undefined,
  options: CallOptions,
): Promise<ContainerFileChange> {
  const before = entry && toFile(entry);
  const known = { ...(before && { before }), ...(after && { after }) };
  if (kind === 'deleted') return { path, kind: 'removed', ...(before && { before }), differs: [] };
  // Podman takes a link that leads nowhere for nothing.
  const isNew = kind === 'added' && !(parts.listsTouched && before !== undefined);
  if (isNew) return { path, kind, ...(after && { after }), differs: [] };
  if (entry === undefined || after === undefined) return { path, kind: 'modified', ...known, differs: [] };
  // In a list, times have no parts of seconds and files no capabilities; by itself, each one is told whole.
  const whole = after.type === 'dir' || hasReason(entry, after) ? after : await parts.facts.of(path, options);
  const differs = await reasonsOf(parts, entry, whole ?? after, options);
  return { path, kind: 'modified', ...known, after: whole ?? after, differs };
}

function hasReason(before: ContainerFile, after: ContainerFile): boolean {
  return differencesOf(before, after).some((aspect) => aspect !== 'capability');
}

async function reasonsOf(
  { archive, base }: EngineChangesParts,
  before: RootfsEntry,
  after: ContainerFile,
  options: CallOptions,
): Promise<readonly ChangedAspect[]> {
  const differs = differencesOf(before, after);
  if (base === undefined || after.type !== before.type || differs.includes('content')) return differs;
  const isOpen = after.type === 'file' && after.size > 0 && differs.includes('mtime');
  const isOther = isOpen
    ? !(await haveSameBytes(
        archive.read(after.path, undefined, options),
        base.read(before, { start: 0, end: before.size }, options),
      ))
    : after.linkTarget !== before.linkTarget;
  return isOther ? ['content', ...differs] : differs;
}
