import * as vscode from 'vscode';
import type { EngineImageDetails } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { engineImageTitle } from '../engineText.ts';
import { withProgress } from '../progress.ts';
import { oneLine } from '../text.ts';
import { chooseEngineImages, type EngineImageChoice, engineReference } from './chooseEngine.ts';
import {
  containerSpec,
  parseEnvironment,
  parsePorts,
  quoteWord,
  runArguments,
  type RunRequest,
  splitWords,
} from './runRequest.ts';

/** Runs an image in its engine, once a person has seen and confirmed what that will be. */
export async function runImage(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const [choice] = await chooseEngineImages(context, args, vscode.l10n.t('Run Image'));
  if (choice === undefined) return;
  const request = await askWhatToRun(choice);
  if (request === undefined || !(await isConfirmed(request))) return;
  const { client } = choice.engine;
  const name = await withProgress(
    vscode.l10n.t('Starting {0}', engineImageTitle(choice.image)),
    async ({ signal }) => {
      const named = request.name === '' ? {} : { name: request.name };
      const { id, warnings } = await client.createContainer(containerSpec(request), { ...named, signal });
      for (const warning of warnings) context.log.warn(oneLine(warning));
      await startOrRemove(
        () => client.startContainer(id, { signal }),
        () => client.removeContainer(id),
      );
      return request.name === '' ? id.slice(0, 12) : request.name;
    },
  );
  void vscode.window.showInformationMessage(vscode.l10n.t('{0} runs.', oneLine(name)));
}

/** A container that cannot start, as where its port is taken, is not left behind. */
async function startOrRemove(start: () => Promise<void>, remove: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
}

async function askWhatToRun({ engine, image }: EngineImageChoice): Promise<RunRequest | undefined> {
  const details = await engine.client.inspectImage(image.id);
  const title = vscode.l10n.t('Run {0}', engineImageTitle(image));
  const name = await ask(
    title,
    1,
    vscode.l10n.t('Name of the container; empty for a made-up one'),
    '',
    nameComplaint,
  );
  if (name === undefined) return undefined;
  const command = await ask(
    title,
    2,
    vscode.l10n.t('Command; empty for the image’s own: {0}', ownCommand(details)),
    '',
  );
  if (command === undefined) return undefined;
  const ports = await ask(
    title,
    3,
    vscode.l10n.t('Ports to publish, as 8080:80; empty for none'),
    exposedPorts(details),
    (text) =>
      parsePorts(text) === undefined ? vscode.l10n.t('Ports look like 8080:80 or 53:53/udp.') : undefined,
  );
  if (ports === undefined) return undefined;
  const env = await ask(
    title,
    4,
    vscode.l10n.t('Environment, as NAME=value; empty for the image’s own'),
    '',
    (text) =>
      parseEnvironment(text) === undefined ? vscode.l10n.t('Each looks like NAME=value.') : undefined,
  );
  if (env === undefined) return undefined;
  return {
    image: engineReference(image),
    name,
    command: splitWords(command),
    ports: parsePorts(ports) ?? [],
    env: parseEnvironment(env) ?? [],
  };
}

async function ask(
  title: string,
  step: number,
  prompt: string,
  value: string,
  complaint: (text: string) => string | undefined = () => undefined,
): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('{0} ({1} of 4)', title, step),
    prompt,
    value,
    ignoreFocusOut: true,
    validateInput: (typed) => complaint(typed.trim()),
  });
  return text?.trim();
}

async function isConfirmed(request: RunRequest): Promise<boolean> {
  const run = vscode.l10n.t('Run');
  const detail = runArguments(request).map(quoteWord).map(oneLine).join(' ');
  const message = vscode.l10n.t('Run a container of {0}?', oneLine(request.image));
  return (await vscode.window.showInformationMessage(message, { modal: true, detail }, run)) === run;
}

function nameComplaint(name: string): string | undefined {
  if (name === '' || /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return undefined;
  return vscode.l10n.t('A name has letters, digits, “_”, “.” and “-”, and begins with a letter or digit.');
}

/** What the image runs by itself, shortened. */
function ownCommand({ config }: EngineImageDetails): string {
  const words = [...texts(config['Entrypoint']), ...texts(config['Cmd'])].map(quoteWord).join(' ');
  const text = oneLine(words);
  if (text === '') return vscode.l10n.t('none');
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** Ports that the image says it listens on, each on the same port here; those below 1024 on another. */
function exposedPorts({ config }: EngineImageDetails): string {
  const exposed = config['ExposedPorts'];
  if (typeof exposed !== 'object' || exposed === null) return '';
  return Object.keys(exposed)
    .flatMap((key) => parsePorts(key.replace(/\/tcp$/, '')) ?? [])
    .map(({ containerPort, protocol }) => {
      const port = Number(containerPort);
      const hostPort = port < 1024 ? port + 8000 : port;
      return `${hostPort}:${containerPort}${protocol === 'tcp' ? '' : `/${protocol}`}`;
    })
    .join(', ');
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
