import * as vscode from 'vscode';
import { type ContainerConfig, EngineError, escapeForDisplay, toEngineError } from '../../engine/index.ts';
import { containerIdsOf, pickContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import { withProgress } from '../progress.ts';
import { oneLine } from '../text.ts';
import { containerUri } from '../uri.ts';
import { chooseContainers, type EngineContainerChoice, type Suits } from './chooseContainers.ts';
import { containerName, containersNodesOf, isAlive } from '../containerNodes.ts';

// What is done to containers. The view follows by the engine's events.

export async function startContainers(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainers(context, args, vscode.l10n.t('Start Container'), isStill);
  await eachInTurn(
    chosen,
    (name) => vscode.l10n.t('Starting {0}', name),
    ({ engine, container }, options) =>
      container.state === 'paused'
        ? engine.client.unpauseContainer(container.id, options)
        : engine.client.startContainer(container.id, options),
  );
}

export async function stopContainers(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainers(context, args, vscode.l10n.t('Stop Container'), isAlive);
  await eachInTurn(
    chosen,
    (name) => vscode.l10n.t('Stopping {0}', name),
    ({ engine, container }, options) => engine.client.stopContainer(container.id, options),
  );
}

export async function restartContainers(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainers(context, args, vscode.l10n.t('Restart Container'), isAlive);
  await eachInTurn(
    chosen,
    (name) => vscode.l10n.t('Restarting {0}', name),
    ({ engine, container }, options) => engine.client.restartContainer(container.id, options),
  );
}

/** What the engine says of a container, as JSON; as `docker inspect` has it. */
export async function inspectContainer(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const [chosen] = await chooseContainers(context, args, vscode.l10n.t('Inspect Container'));
  if (chosen === undefined) return;
  const name = containerName(chosen.container);
  await vscode.window.showTextDocument(containerUri(chosen.container.id, 'inspect', `${name}.json`), {
    preview: true,
  });
}

/** The text of {@link inspectContainer}, from the beginning of the ID: of whichever engine has the container. */
export async function containerText({ engines }: EditorContext, id: string): Promise<string> {
  const reachable = await engines.reachable();
  const owner = reachable.find(({ lists }) => lists.containers.some((each) => each.id.startsWith(id)));
  const asked = owner === undefined ? reachable : [owner];
  const failures: unknown[] = [];
  for (const engine of asked) {
    try {
      const { json } = await engine.client.inspectContainer(id);
      return `${JSON.stringify([json], undefined, 4)}\n`;
    } catch (error) {
      failures.push(error);
    }
  }
  const [failure] = failures;
  throw failure === undefined
    ? new EngineError('not-found', id, 'no connected engine has this container')
    : toEngineError(failure, id);
}

export async function copyContainerName(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const ids = await chooseIds(context, args, vscode.l10n.t('Copy Container Name'));
  const { containers } = await context.containers.stored();
  const names = ids.map(
    async (id) => containers.find((each) => each.id === id)?.name ?? (await context.containers.byId(id)).name,
  );
  await copy(await Promise.all(names));
}

export async function copyContainerId(context: EditorContext, args: readonly unknown[]): Promise<void> {
  await copy(await chooseIds(context, args, vscode.l10n.t('Copy Container ID')));
}

/** The containers a command was called on, or one that a person chooses. */
async function chooseIds(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly string[]> {
  const given = containerIdsOf(args);
  if (given.length > 0) return given;
  const picked = await pickContainer(context, title);
  return picked === undefined ? [] : [picked];
}

/** Shows the image that a container was made from. */
export async function revealContainerImage(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const [stored] = containersNodesOf(args);
  if (stored?.kind === 'storedContainer') {
    await revealStoredImage(context, stored.config);
    return;
  }
  const [chosen] = await chooseContainers(context, args, vscode.l10n.t('Reveal Image'));
  if (chosen === undefined) return;
  const { engine, container } = chosen;
  const image = engine.lists.imageOfContainer(container);
  if (image === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The engine has the image of {0} no more.', oneLine(containerName(container))),
    );
    return;
  }
  await vscode.commands.executeCommand('lamina.revealInImages', { engine, imageId: image.id });
}

/** In the store it may have no name any more, and then the view does not list it. */
async function revealStoredImage({ engine, images }: EditorContext, config: ContainerConfig): Promise<void> {
  const opened = await engine.containers.image(config);
  await images.keep(opened);
  await vscode.commands.executeCommand('lamina.revealInImages', { image: opened.image.id });
}

const isStill: Suits = (container) => !isAlive(container) || container.state === 'paused';

async function eachInTurn(
  chosen: readonly EngineContainerChoice[],
  title: (name: string) => string,
  work: (choice: EngineContainerChoice, options: { readonly signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  for (const choice of chosen) {
    const name = oneLine(containerName(choice.container));
    await withProgress(title(name), ({ signal }) => work(choice, { signal }));
  }
}

async function copy(texts: readonly string[]): Promise<void> {
  if (texts.length === 0) return;
  await vscode.env.clipboard.writeText(texts.map(escapeForDisplay).join('\n'));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied to the clipboard.'), 2000);
}
