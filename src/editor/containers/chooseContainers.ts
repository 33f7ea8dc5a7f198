import * as vscode from 'vscode';
import type { EngineContainer } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { containerImageText, containerStateText, engineName } from '../engineText.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { facts } from '../row.ts';
import { oneLine, pickText } from '../text.ts';
import { containerName, containerNow, isAlive, isContainersNode } from '../containerNodes.ts';

export interface EngineContainerChoice {
  readonly engine: KnownEngine;
  readonly container: EngineContainer;
}

/** Which containers a command makes sense for. */
export type Suits = (container: EngineContainer) => boolean;

/** The containers a command was called on (of a project all), or one that a person chooses. */
export async function chooseContainers(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
  suits: Suits = () => true,
): Promise<readonly EngineContainerChoice[]> {
  const given = engineContainersOf(args);
  if (given.length > 0) return given.filter(({ container }) => suits(container));
  const picked = await pickEngineContainer(context, title, suits);
  return picked === undefined ? [] : [picked];
}

/** Of the nodes a command was called on; of a project all. */
export function engineContainersOf([first, selected]: readonly unknown[]): readonly EngineContainerChoice[] {
  const nodes = (Array.isArray(selected) && selected.length > 0 ? selected : [first]).filter(
    isContainersNode,
  );
  const choices = nodes.flatMap((node): readonly EngineContainerChoice[] => {
    if (node.kind === 'container') return [{ engine: node.engine, container: containerNow(node) }];
    if (node.kind !== 'project') return [];
    return node.containers.map((each) => ({
      engine: node.engine,
      container: node.engine.lists.container(each.id) ?? each,
    }));
  });
  return [...new Map(choices.map((each) => [each.container.id, each])).values()];
}

async function pickEngineContainer(
  { engines }: EditorContext,
  title: string,
  suits: Suits,
): Promise<EngineContainerChoice | undefined> {
  const reachable = await engines.reachable();
  const lists = await Promise.all(
    reachable.map(async (engine) =>
      (await engine.containersSoon()).filter(suits).map((container) => ({ engine, container })),
    ),
  );
  const items = lists
    .flat()
    .sort((a, b) => Number(isAlive(b.container)) - Number(isAlive(a.container)))
    .map((choice) => ({
      label: pickText(oneLine(containerName(choice.container))),
      description: pickText(
        facts(
          containerStateText(choice.container.state),
          containerImageText(choice.container),
          reachable.length > 1 ? engineName(choice.engine) : undefined,
        ),
      ),
      choice,
    }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No engine has a container for that.'));
    return undefined;
  }
  const placeHolder = vscode.l10n.t('Choose a container');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.choice;
}
