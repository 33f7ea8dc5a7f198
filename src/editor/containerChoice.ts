import * as vscode from 'vscode';
import type { ContainerFileChange, LayerPath } from '../engine/index.ts';
import {
  containerName,
  containersNodesOf,
  isAlive,
  isOfContainer,
  type OfContainerNode,
} from './containerNodes.ts';
import type { EditorContext } from './context.ts';
import { containerImageText, containerStateText, engineName } from './engineText.ts';
import { activeUri } from './imageChoice.ts';
import type { OpenedContainer } from './openedContainers.ts';
import { facts } from './row.ts';
import { ageText, oneLine, pickText, referenceTitle } from './text.ts';
import { containerOfFile, parseContainerFileUri } from './uri.ts';

/** What a command is for: a container, and the path and change of it that it was called on. */
export interface ContainerChoice {
  readonly container: OpenedContainer;
  readonly path?: LayerPath;
  readonly change?: ContainerFileChange;
}

/** The same before anything is opened. */
interface ContainerMention {
  readonly containerId: string;
  readonly path?: LayerPath;
  readonly change?: ContainerFileChange;
}

/**
 * The container a command is for: of the node or URI it was called on, of the active tab, or one a person chooses.
 * Undefined when nothing was chosen.
 *
 * @throws EngineError as `OpenedContainers.byId`.
 */
export async function chooseContainer(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<ContainerChoice | undefined> {
  const [given = mentionOfUri(activeUri())] = mentionsOf(args);
  if (given !== undefined) return open(context, given);
  const id = await pickContainer(context, title);
  return id === undefined ? undefined : { container: await context.containers.byId(id) };
}

/** Everything a command was called on, several where several were selected; none when it was called on nothing. */
export function containersOfArguments(
  context: EditorContext,
  args: readonly unknown[],
): Promise<readonly ContainerChoice[]> {
  return Promise.all(mentionsOf(args).map((each) => open(context, each)));
}

/** The IDs of the containers a command was called on, each once. Nothing is opened. */
export function containerIdsOf(args: readonly unknown[]): readonly string[] {
  return [...new Set(mentionsOf(args).map(({ containerId }) => containerId))];
}

/** The paths of containers a command was called on. Nothing is opened. */
export function containerPathsOf(args: readonly unknown[]): readonly LayerPath[] {
  return mentionsOf(args)
    .map(({ path }) => path)
    .filter((path) => path !== undefined);
}

/** Asks for a container of the store or of an engine. Returns its ID; the only one is taken without asking. */
export async function pickContainer(context: EditorContext, title: string): Promise<string | undefined> {
  const items = [...(await storedItems(context)), ...(await engineItems(context))];
  if (items.length === 0) return offerToCreate();
  const [only] = items;
  if (items.length === 1) return only?.containerId;
  const placeHolder = vscode.l10n.t('Choose a container');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  return chosen?.containerId;
}

async function open(
  { containers }: EditorContext,
  { containerId, ...rest }: ContainerMention,
): Promise<ContainerChoice> {
  return { container: await containers.byId(containerId), ...rest };
}

function mentionsOf(args: readonly unknown[]): readonly ContainerMention[] {
  const nodes = containersNodesOf(args).filter(isOfContainer);
  if (nodes.length > 0) return nodes.map(mentionOfNode);
  const [first, selected] = args;
  return (Array.isArray(selected) && selected.length > 0 ? selected : [first])
    .map(uriOf)
    .map(mentionOfUri)
    .filter((each) => each !== undefined);
}

function mentionOfNode(node: OfContainerNode): ContainerMention {
  const { containerId } = node;
  if (node.kind === 'containerChange') return { containerId, path: node.path, change: node.change };
  return 'path' in node ? { containerId, path: node.path } : { containerId };
}

/** What is listed in *Source Control* names its file, too. */
function uriOf(value: unknown): vscode.Uri | undefined {
  if (value instanceof vscode.Uri) return value;
  const isResource = typeof value === 'object' && value !== null && 'resourceUri' in value;
  return isResource && value.resourceUri instanceof vscode.Uri ? value.resourceUri : undefined;
}

function mentionOfUri(uri: vscode.Uri | undefined): ContainerMention | undefined {
  return uri === undefined || containerOfFile(uri) === undefined ? undefined : parseContainerFileUri(uri);
}

interface ContainerItem extends vscode.QuickPickItem {
  readonly containerId: string;
}

async function storedItems({ containers }: EditorContext): Promise<readonly ContainerItem[]> {
  const { containers: stored } = await containers.stored();
  return stored.map(({ id, name, image, created }) => ({
    label: pickText(oneLine(name)),
    description: pickText(facts(referenceTitle(image.name), ageText(Date.parse(created) / 1000))),
    iconPath: new vscode.ThemeIcon('layers-active'),
    containerId: id,
  }));
}

/** What the engines list, running ones first. An engine that does not answer in time keeps nobody waiting. */
async function engineItems({ engines }: EditorContext): Promise<readonly ContainerItem[]> {
  const reachable = await engines.reachable();
  const lists = await Promise.all(
    reachable.map(async (engine) =>
      (await engine.containersSoon()).map((container) => ({ engine, container })),
    ),
  );
  return lists
    .flat()
    .sort((a, b) => Number(isAlive(b.container)) - Number(isAlive(a.container)))
    .map(({ engine, container }) => ({
      label: pickText(oneLine(containerName(container))),
      description: pickText(
        facts(containerImageText(container), containerStateText(container.state), engineName(engine)),
      ),
      iconPath: new vscode.ThemeIcon(isAlive(container) ? 'vm-running' : 'vm-outline'),
      containerId: container.id,
    }));
}

async function offerToCreate(): Promise<undefined> {
  const create = vscode.l10n.t('Create a Container…');
  const message = vscode.l10n.t('There are no containers, neither in the Lamina store nor in an engine.');
  const chosen = await vscode.window.showInformationMessage(message, create);
  if (chosen === create) await vscode.commands.executeCommand('lamina.createContainer');
  return undefined;
}
