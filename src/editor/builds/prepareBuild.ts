import path from 'node:path';
import * as vscode from 'vscode';
import type { BuildRequest } from '../../engine/index.ts';
import type { KnownBuilder } from '../builderChoice.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { chosenDockerfile, parsedDocument } from '../dockerfiles.ts';
import { askForName } from '../imageNames.ts';
import { chooseContext } from './chooseContext.ts';
import { stageNameOf } from './stageNames.ts';

/** Everything that a build needs before it starts. */
export interface PreparedBuild extends KnownBuilder {
  readonly document: vscode.TextDocument;
  readonly request: BuildRequest;
}

/** Asks for what is not known yet, and saves the Dockerfile, since builders read the disk. Undefined when called off. */
export async function prepareBuild(
  builds: DockerfileBuilds,
  args: readonly unknown[],
): Promise<PreparedBuild | undefined> {
  if (!vscode.workspace.isTrusted) return offerTrust();
  const document = await chosenDockerfile(args);
  if (document === undefined || (document.isDirty && !(await document.save()))) return undefined;
  const dockerfile = document.uri.fsPath;
  if (
    (await builds.requests.of(dockerfile)) === undefined &&
    !(await chooseContext(builds.memory, dockerfile))
  )
    return undefined;
  const known = await builds.requests.of(dockerfile);
  const { builder, engine } = await builds.builders.of(dockerfile);
  if (known === undefined) return undefined;
  if (builder === undefined || engine === undefined) {
    sayNoBuilder();
    return undefined;
  }
  const request = withTarget(document, known.request, args[1]);
  return { document, builder, engine, request };
}

/** Asks once for a name of the image; an empty one is none, and is not asked for again either. */
export async function withTag(
  { memory }: DockerfileBuilds,
  { document, request }: PreparedBuild,
): Promise<BuildRequest | undefined> {
  const dockerfile = document.uri.fsPath;
  if (request.tags.length > 0 || memory.of(dockerfile).tag === '') return request;
  const folder = path
    .basename(request.context)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-');
  const prompt = vscode.l10n.t('A name for the image. It is remembered for this Dockerfile.');
  const tag = await askForName(vscode.l10n.t('Build Image'), prompt, `${folder}:latest`, 'optional');
  if (tag === undefined) return undefined;
  await memory.change(dockerfile, { tag });
  return tag === '' ? request : { ...request, tags: [tag] };
}

/** A lens on FROM is for that stage; of the last one, and without a lens, for the target that is remembered. */
function withTarget(document: vscode.TextDocument, request: BuildRequest, at: unknown): BuildRequest {
  const stage = typeof at === 'number' ? stageNameOf(parsedDocument(document), at) : undefined;
  if (stage === undefined || stage === request.target) return request;
  // The name belongs to what is usually built.
  return { ...request, target: stage, tags: [] };
}

function sayNoBuilder(): void {
  void vscode.window.showWarningMessage(
    vscode.l10n.t(
      'No container engine answers that could build. Start Docker or Podman, or name an engine in the settings.',
    ),
  );
}

async function offerTrust(): Promise<undefined> {
  const manage = vscode.l10n.t('Manage Workspace Trust');
  const message = vscode.l10n.t('A build runs what the Dockerfile says. It needs a folder that you trust.');
  if ((await vscode.window.showWarningMessage(message, manage)) === manage)
    await vscode.commands.executeCommand('workbench.trust.manage');
  return undefined;
}
