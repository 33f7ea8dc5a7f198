import * as vscode from 'vscode';
import { containerIdsOf, pickContainer } from '../containerChoice.ts';
import { containerName, containersNodesOf, isAlive } from '../containerNodes.ts';
import type { EditorContext } from '../context.ts';
import { isDoneWithin, withProgress } from '../progress.ts';
import { countText, oneLine, sizeText } from '../text.ts';
import type { ChangeLists } from './changeLists.ts';
import type { ChangeTree } from './changeTree.ts';
import { engineContainersOf, type EngineContainerChoice } from './chooseContainers.ts';

/** A container that is to be removed. */
interface Doomed {
  readonly id: string;
  readonly name: string;
  readonly keeper: 'store' | 'engine';
  /** It runs, and is stopped first. */
  readonly isRunning: boolean;
  readonly remove: (signal: AbortSignal) => Promise<void>;
}

/** How long the count of what is lost may be waited for. */
const patienceMs = 2000;

/** Removes containers, once a person has read what is lost. */
export async function removeContainers(
  context: EditorContext,
  lists: ChangeLists,
  args: readonly unknown[],
): Promise<void> {
  const doomed = await chooseDoomed(context, args);
  if (doomed.length === 0) return;
  const losses = await Promise.all(doomed.map((each) => lossOf(each, lists)));
  if (!(await isConfirmed(doomed, losses))) return;
  for (const { name, remove } of doomed)
    await withProgress(vscode.l10n.t('Removing {0}', oneLine(name)), ({ signal }) => remove(signal));
}

async function chooseDoomed(context: EditorContext, args: readonly unknown[]): Promise<readonly Doomed[]> {
  const given = [...storedOf(context, args), ...engineContainersOf(args).map(ofEngine)];
  if (given.length > 0) return given;
  const [id = await pickContainer(context, vscode.l10n.t('Remove Container'))] = containerIdsOf(args);
  return id === undefined ? [] : [await doomedById(context, id)];
}

/** A damaged one has no name that could be read. */
function storedOf(context: EditorContext, args: readonly unknown[]): readonly Doomed[] {
  return containersNodesOf(args).flatMap((node) => {
    if (node.kind === 'storedContainer') return [ofStore(context, node.config)];
    if (node.kind !== 'damagedContainer') return [];
    return [ofStore(context, { id: node.damagedId, name: node.damagedId.slice(0, 12) })];
  });
}

async function doomedById(context: EditorContext, id: string): Promise<Doomed> {
  const { containers } = await context.containers.stored();
  const stored = containers.find((each) => each.id === id);
  if (stored !== undefined) return ofStore(context, stored);
  const { name, place } = await context.containers.byId(id);
  if (place.kind !== 'engine') return ofStore(context, { id, name });
  const container = (await place.engine.containersSoon()).find((each) => each.id === id);
  const isRunning = container !== undefined && isAlive(container);
  const remove = (signal: AbortSignal): Promise<void> =>
    place.engine.client.removeContainer(id, { signal, force: isRunning });
  return { id, name, keeper: 'engine', isRunning, remove };
}

function ofStore(
  { engine }: EditorContext,
  { id, name }: { readonly id: string; readonly name: string },
): Doomed {
  return { id, name, keeper: 'store', isRunning: false, remove: () => engine.containers.remove(id) };
}

function ofEngine({ engine, container }: EngineContainerChoice): Doomed {
  const isRunning = isAlive(container);
  return {
    id: container.id,
    name: containerName(container),
    keeper: 'engine',
    isRunning,
    remove: (signal) => engine.client.removeContainer(container.id, { signal, force: isRunning }),
  };
}

/** Undefined where it is not known; an engine is not asked only for that. */
async function lossOf({ id, keeper }: Doomed, lists: ChangeLists): Promise<ChangeTree | undefined> {
  if (keeper === 'store') await isDoneWithin(lists.of(id), patienceMs);
  return lists.changesOf(id);
}

async function isConfirmed(
  doomed: readonly Doomed[],
  losses: readonly (ChangeTree | undefined)[],
): Promise<boolean> {
  const names = doomed.map(({ name }) => oneLine(name)).join(', ');
  const message =
    doomed.length === 1
      ? vscode.l10n.t('Remove the container {0}?', names)
      : vscode.l10n.t('Remove {0} containers: {1}?', doomed.length, names);
  const isStopped = doomed.some(({ isRunning }) => isRunning);
  const remove = isStopped ? vscode.l10n.t('Stop and Remove') : vscode.l10n.t('Remove');
  const detail = [...stopLines(doomed), ...lossLines(doomed, losses), staysText(doomed)].join('\n');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}

function stopLines(doomed: readonly Doomed[]): readonly string[] {
  const running = doomed.filter(({ isRunning }) => isRunning).map(({ name }) => oneLine(name));
  return running.length === 0 ? [] : [vscode.l10n.t('Running, and stopped first: {0}.', running.join(', '))];
}

function lossLines(
  doomed: readonly Doomed[],
  losses: readonly (ChangeTree | undefined)[],
): readonly string[] {
  const [only] = losses;
  if (doomed.length === 1) return [lossText(only)];
  return doomed.map(({ name }, at) => `${oneLine(name)}: ${lossText(losses[at])}`);
}

function lossText(changes: ChangeTree | undefined): string {
  if (changes === undefined) return vscode.l10n.t('What was written in it is lost.');
  const { count, summary } = changes;
  const size = sizeText(summary.bytes);
  if (count === 0) return vscode.l10n.t('Nothing was changed in it.');
  return count === 1
    ? vscode.l10n.t('1 change is lost ({0}).', size)
    : vscode.l10n.t('{0} changes are lost ({1}).', countText(count), size);
}

function staysText(doomed: readonly Doomed[]): string {
  return doomed.every(({ keeper }) => keeper === 'store')
    ? vscode.l10n.t('The images stay as they are.')
    : vscode.l10n.t('The images stay as they are, and so do volumes.');
}
