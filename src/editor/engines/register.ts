import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { EngineStanding, KnownEngine } from '../knownEngine.ts';
import { chooseEngine } from './chooseEngine.ts';
import { removeFromEngine, tagInEngine } from './engineImages.ts';
import { loadArchive, loadIntoEngine, pullIntoEngine } from './moveImages.ts';
import { openFromContainerTools } from './openFromContainerTools.ts';
import { runImage } from './runImage.ts';

/** What is done with container engines and with the images in them. */
export function registerEngines(context: EditorContext): CommandTable {
  return {
    'lamina.connectEngine': (...args) => connectEngine(context, args),
    'lamina.disconnectEngine': (...args) => disconnectEngine(context, args),
    'lamina.retryEngine': (...args) => retryEngine(context, args),
    'lamina.runImage': (...args) => runImage(context, args),
    'lamina.pullIntoEngine': (...args) => pullIntoEngine(context, args),
    'lamina.loadArchive': (...args) => loadArchive(context, args),
    'lamina.loadIntoEngine': (...args) => loadIntoEngine(context, args),
    'lamina.tagInEngine': (...args) => tagInEngine(context, args),
    'lamina.removeFromEngine': (...args) => removeFromEngine(context, args),
    'lamina.openFromContainerTools': (...args) => openFromContainerTools(context, args),
  };
}

async function connectEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Connect Engine');
  const engine = await chooseEngine(context, args, title, () => standing(context, 'apart'));
  if (engine !== undefined) await context.engines.connect(engine);
}

async function disconnectEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const engine = await chooseEngine(context, args, vscode.l10n.t('Disconnect Engine'));
  if (engine !== undefined) await context.engines.disconnect(engine);
}

async function retryEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Retry');
  const engine = await chooseEngine(context, args, title, () => standing(context, 'lost'));
  engine?.retry();
}

async function standing(
  { engines }: EditorContext,
  kind: EngineStanding['kind'],
): Promise<readonly KnownEngine[]> {
  await engines.discover();
  return engines.shown.filter((engine) => engine.standing.kind === kind);
}
