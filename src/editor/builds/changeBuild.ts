import * as vscode from 'vscode';
import {
  type BuilderIdentity,
  byteName,
  type BuildRequest,
  formatPlatform,
  isEngineError,
  parsePlatform,
} from '../../engine/index.ts';
import type { BuildMemory } from '../buildMemory.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { chosenDockerfile, parsedDocument } from '../dockerfiles.ts';
import { askForName } from '../imageNames.ts';
import { nameText, oneLine, pickText } from '../text.ts';
import { changeArguments } from './changeArguments.ts';
import { chooseContext } from './chooseContext.ts';
import { stageNames } from './stageNames.ts';

interface Choice extends vscode.QuickPickItem {
  readonly change: () => Promise<unknown>;
}

/** Shows how a Dockerfile is built, and lets a person change it. The next status and the next build take it up. */
export async function changeBuild(builds: DockerfileBuilds, args: readonly unknown[]): Promise<void> {
  const document = await chosenDockerfile(args);
  if (document === undefined) return;
  const dockerfile = document.uri.fsPath;
  const known = await builds.requests.of(dockerfile);
  const { builder } = await builds.builders.of(dockerfile);
  const choices = [
    choice('tools', vscode.l10n.t('Builder'), builder?.identity.name, () =>
      chooseBuilder(builds, dockerfile),
    ),
    choice('folder', vscode.l10n.t('Context'), contextText(known?.request), () =>
      chooseContext(builds.memory, dockerfile),
    ),
    choice('target', vscode.l10n.t('Target'), known?.request.target, () =>
      chooseTarget(builds.memory, document),
    ),
    choice('symbol-variable', vscode.l10n.t('Arguments'), argumentsText(known?.request), () =>
      changeArguments(builds.memory, document, known?.request.buildArgs ?? new Map()),
    ),
    choice('vm', vscode.l10n.t('Platform'), platformOf(known?.request), () =>
      choosePlatform(builds.memory, dockerfile),
    ),
    choice('globe', vscode.l10n.t('Network'), known?.request.network, () =>
      chooseNetwork(builds.memory, dockerfile),
    ),
    choice('tag', vscode.l10n.t('Name of the image'), known?.request.tags[0], () =>
      chooseTag(builds.memory, dockerfile, known?.request.tags[0] ?? ''),
    ),
  ];
  const title = vscode.l10n.t('How {0} is built', oneLine(vscode.workspace.asRelativePath(document.uri)));
  await (await vscode.window.showQuickPick(choices, { title }))?.change();
}

function choice(icon: string, label: string, value: string | undefined, change: Choice['change']): Choice {
  const description =
    value === undefined || value === '' ? vscode.l10n.t('as usual') : pickText(oneLine(value));
  return { label: `$(${icon}) ${label}`, description, change };
}

function contextText(request: BuildRequest | undefined): string | undefined {
  return request && nameText(byteName(request.context));
}

function argumentsText(request: BuildRequest | undefined): string | undefined {
  return request && [...request.buildArgs].map(([name, value]) => `${name}=${value}`).join(' ');
}

function platformOf(request: BuildRequest | undefined): string | undefined {
  return request?.platform && formatPlatform(request.platform);
}

async function chooseBuilder({ builders, memory }: DockerfileBuilds, dockerfile: string): Promise<void> {
  const items = (await builders.all()).map(({ builder, engine }) => ({
    label: `$(tools) ${pickText(oneLine(builder.identity.name))}`,
    description: pickText(oneLine(`${clientText(builder.identity)} \u00b7 ${engine.found.name}`)),
    builder: { engine: engine.location, id: builder.identity.id },
  }));
  const title = vscode.l10n.t('Builder');
  const placeHolder = items.length === 0 ? whyNone() : vscode.l10n.t('Choose a builder');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  if (chosen !== undefined) await memory.change(dockerfile, { builder: chosen.builder });
}

/** How a person would call it. */
function clientText({ kind, client }: BuilderIdentity): string {
  if (client === 'api') return vscode.l10n.t('by the engine’s API');
  if (client === 'buildx') return 'docker build';
  if (client === 'docker-cli') return `DOCKER_BUILDKIT=${kind === 'buildkit' ? 1 : 0} docker build`;
  return client;
}

function whyNone(): string {
  return vscode.workspace.isTrusted
    ? vscode.l10n.t('No container engine answers.')
    : vscode.l10n.t('No builder is asked before you trust this folder…');
}

async function chooseTarget(memory: BuildMemory, document: vscode.TextDocument): Promise<void> {
  const stages = stageNames(parsedDocument(document)).map((target) => ({ label: pickText(target), target }));
  const last = { label: vscode.l10n.t('The last stage'), target: undefined };
  const chosen = await vscode.window.showQuickPick([last, ...stages], { title: vscode.l10n.t('Target') });
  if (chosen !== undefined) await memory.change(document.uri.fsPath, { target: chosen.target });
}

async function choosePlatform(memory: BuildMemory, dockerfile: string): Promise<void> {
  const platform = await vscode.window.showInputBox({
    title: vscode.l10n.t('Platform'),
    prompt: vscode.l10n.t('Empty means that of the builder.'),
    placeHolder: 'linux/arm64',
    value: memory.of(dockerfile).platform ?? '',
    validateInput: complaintAboutPlatform,
  });
  if (platform !== undefined) await memory.change(dockerfile, { platform: platform.trim() || undefined });
}

function complaintAboutPlatform(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    parsePlatform(text.trim());
    return undefined;
  } catch (error) {
    if (!isEngineError(error, 'invalid-reference')) throw error;
    return vscode.l10n.t('A platform looks like linux/amd64.');
  }
}

async function chooseNetwork(memory: BuildMemory, dockerfile: string): Promise<void> {
  const usual = { label: vscode.l10n.t('The builder’s usual one'), network: undefined };
  const others = ['host', 'none'].map((network) => ({ label: network, network }));
  const title = vscode.l10n.t('Network');
  const chosen = await vscode.window.showQuickPick([usual, ...others], { title });
  if (chosen !== undefined) await memory.change(dockerfile, { network: chosen.network });
}

async function chooseTag(memory: BuildMemory, dockerfile: string, value: string): Promise<void> {
  const prompt = vscode.l10n.t('Empty means none.');
  const tag = await askForName(vscode.l10n.t('Name of the image'), prompt, value, 'optional');
  if (tag !== undefined) await memory.change(dockerfile, { tag });
}
