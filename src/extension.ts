import path from 'node:path';
import * as vscode from 'vscode';
import { registerCommands } from './editor/commands.ts';
import { buildCacheDocuments, registerBuildCache } from './editor/buildCache/register.ts';
import { registerBuilds } from './editor/builds/register.ts';
import { compareDocuments, registerCompare } from './editor/compare/register.ts';
import { containerChangesDocuments, registerContainerChanges } from './editor/containerChanges/register.ts';
import { registerContainerFiles } from './editor/containerFiles/register.ts';
import type { EditorContext } from './editor/context.ts';
import { containerDocuments, registerContainers } from './editor/containers/register.ts';
import { createDockerfileBuilds, type DockerfileBuilds } from './editor/dockerfileBuilds.ts';
import { registerDocuments } from './editor/documents.ts';
import { registerEngines } from './editor/engines/register.ts';
import { registerExplorer } from './editor/explorer/register.ts';
import { registerFiles } from './editor/files/register.ts';
import { historyDocuments, registerHistory } from './editor/history/register.ts';
import { KnownEngines } from './editor/knownEngines.ts';
import { registerLayerHints } from './editor/layerHints/register.ts';
import { LazyEngine } from './editor/lazyEngine.ts';
import { OpenedContainers } from './editor/openedContainers.ts';
import { OpenedImages, storeLocation } from './editor/openedImages.ts';
import { Settings } from './editor/settings.ts';
import { registerRegistries } from './editor/registries/register.ts';
import { renewCommand } from './editor/store/installCommand.ts';
import { registerStore } from './editor/store/register.ts';
import { registerSharing, sharingDocuments } from './editor/sharing/register.ts';
import { SignIns } from './editor/signIns.ts';
import { registerSummary } from './editor/summary/register.ts';
import { type BuildRequest, createEngine, type Engine, findBuildsOf } from './engine/index.ts';

/** Makes the real objects and hands them to each other. The engine is made when something first asks for it. */
export function activate(host: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Lamina', { log: true });
  const settings = new Settings();
  const signIns = new SignIns(host.secrets, host.globalState);
  const lazy = new LazyEngine(makeEngine);
  const engines = new KnownEngines(() => lazy.engine, host.globalState, settings, log);
  const images = new OpenedImages(
    () => lazy.engine,
    host.globalState,
    (location) => engines.find(location),
  );
  const containers = new OpenedContainers(
    {
      stored: () => lazy.engine.containers,
      engines,
      filesIn: ({ connection }, id) => connection.containerFiles(id),
    },
    images,
    host.globalState,
  );
  const context: EditorContext = {
    get engine() {
      return lazy.engine;
    },
    images,
    engines,
    containers,
    settings,
    signIns,
    log,
    memory: host.globalState,
    extensionUri: host.extensionUri,
    subscriptions: host.subscriptions,
  };
  host.subscriptions.push(
    log,
    // The engine's processes end with the window; nothing waits for them.
    engines,
    containers,
    { dispose: () => void images.dispose().then(() => lazy.close()) },
    settings.onDidChange('store.path', () => void makeAnew()),
    settings.onDidChange('engines', () => void engines.discover()),
  );
  const builds = createDockerfileBuilds(context, {
    builds: () => lazy.engine.builds,
    findBuilds: buildsWrittenDown,
    memory: host.workspaceState,
  });
  registerFeatures(context, builds);
  void renewCommand(context);
  openFromEnvironment();

  async function makeAnew(): Promise<void> {
    await images.reload();
    await lazy.close();
    engines.reconnect();
    containers.reconnect();
  }

  function makeEngine(): Engine {
    const engine = createEngine({
      ...(settings.storePath !== undefined && { storeDirectory: settings.storePath }),
      bundles: path.join(host.extensionPath, 'dist'),
      log,
      registries: {
        credentials: signIns,
        plainHttp: () => settings.plainHttpRegistries,
        mayStartHelpers: () => vscode.workspace.isTrusted,
        userAgent: `Lamina/${versionOf(host)}`,
      },
    });
    engine.store.onDidChange(() => void images.reload(storeLocation));
    return engine;
  }
}

function versionOf({ extension }: vscode.ExtensionContext): string {
  const { version } = extension.packageJSON as { readonly version?: unknown };
  return typeof version === 'string' ? version : 'unknown';
}

function registerFeatures(context: EditorContext, builds: DockerfileBuilds): void {
  registerDocuments(
    context,
    {
      ...historyDocuments(context),
      ...compareDocuments(context),
      ...sharingDocuments(context),
    },
    { inspect: containerDocuments(context), ...containerChangesDocuments(context) },
    buildCacheDocuments(builds),
  );
  registerContainerFiles(context);
  registerSummary(context);
  registerCommands(context, [
    registerExplorer(context),
    registerFiles(context),
    registerHistory(context),
    registerCompare(context),
    registerStore(context),
    registerRegistries(context),
    registerSharing(context),
    registerContainers(context),
    registerContainerChanges(context),
    registerEngines(context),
    registerBuildCache(context, builds),
    registerBuilds(context, builds),
    registerLayerHints(context, builds),
    {
      'lamina.showLog': () => {
        context.log.show();
      },
    },
  ]);
}

/** Archives that whoever started VS Code wants to see at once: `npm start` names the sample. */
function openFromEnvironment(): void {
  const archives = (process.env['LAMINA_OPEN'] ?? '')
    .split(path.delimiter)
    .filter((each) => path.isAbsolute(each));
  if (archives.length > 0)
    void vscode.commands.executeCommand(
      'lamina.openImage',
      undefined,
      archives.map((file) => vscode.Uri.file(file)),
    );
}

/** What compose and bake files of the workspace say of a Dockerfile. */
async function buildsWrittenDown(dockerfile: string): Promise<readonly BuildRequest[]> {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(dockerfile));
  const found = await findBuildsOf(dockerfile, folder?.uri.fsPath);
  return found.map(({ request }) => request);
}
