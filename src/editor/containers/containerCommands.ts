import * as vscode from 'vscode';
import { EngineError, escapeForDisplay, toEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { withProgress } from '../progress.ts';
import { oneLine } from '../text.ts';
import { containerUri } from '../uri.ts';
import { chooseContainers, type ContainerChoice, type Suits } from './chooseContainers.ts';
import { containerName, isAlive } from '../containerNodes.ts';

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

/** Removes containers once that is confirmed. One that runs is only removed when that is said, too. */
export async function removeContainers(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainers(context, args, vscode.l10n.t('Remove Container'));
  if (chosen.length === 0 || !(await isRemovalConfirmed(chosen))) return;
  await eachInTurn(
    chosen,
    (name) => vscode.l10n.t('Removing {0}', name),
    ({ engine, container }, options) =>
      engine.client.removeContainer(container.id, { ...options, force: isAlive(container) }),
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
  const chosen = await chooseContainers(context, args, vscode.l10n.t('Copy Container Name'));
  await copy(chosen.map(({ container }) => containerName(container)));
}

export async function copyContainerId(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainers(context, args, vscode.l10n.t('Copy Container ID'));
  await copy(chosen.map(({ container }) => container.id));
}

/** Shows the image that a container was made from. */
export async function revealContainerImage(context: EditorContext, args: readonly unknown[]): Promise<void> {
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

const isStill: Suits = (container) => !isAlive(container) || container.state === 'paused';

async function eachInTurn(
  chosen: readonly ContainerChoice[],
  title: (name: string) => string,
  work: (choice: ContainerChoice, options: { readonly signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  for (const choice of chosen) {
    const name = oneLine(containerName(choice.container));
    await withProgress(title(name), ({ signal }) => work(choice, { signal }));
  }
}

async function isRemovalConfirmed(chosen: readonly ContainerChoice[]): Promise<boolean> {
  const running = chosen.filter(({ container }) => isAlive(container));
  const names = chosen.map(({ container }) => oneLine(containerName(container))).join(', ');
  const message =
    chosen.length === 1
      ? vscode.l10n.t('Remove the container {0}?', names)
      : vscode.l10n.t('Remove {0} containers: {1}?', chosen.length, names);
  const lost = vscode.l10n.t('What was written in it is lost. Its image and its volumes stay.');
  const stops = vscode.l10n.t(
    'Running, and stopped first: {0}.',
    running.map(({ container }) => oneLine(containerName(container))).join(', '),
  );
  const detail = running.length === 0 ? lost : `${stops}\n${lost}`;
  const remove = running.length === 0 ? vscode.l10n.t('Remove') : vscode.l10n.t('Stop and Remove');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}

async function copy(texts: readonly string[]): Promise<void> {
  if (texts.length === 0) return;
  await vscode.env.clipboard.writeText(texts.map(escapeForDisplay).join('\n'));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied to the clipboard.'), 2000);
}
