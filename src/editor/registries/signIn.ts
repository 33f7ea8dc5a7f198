import * as vscode from 'vscode';
import { isEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { oneLine } from '../text.ts';
import type { ConnectedRegistries } from './connectedRegistries.ts';
import { isRegistryNode } from './registryNodes.ts';

/** Adds a registry to the view: asks where it is, sees whether it answers, and asks to sign in where it wants that. */
export async function connectRegistry(context: EditorContext, connected: ConnectedRegistries): Promise<void> {
  const domain = await askForDomain();
  if (domain === undefined) return;
  await connected.add(domain);
  if (await isClosed(context, domain)) await signIn(context, connected, [domain]);
}

export async function signIn(
  context: EditorContext,
  connected: ConnectedRegistries,
  args: readonly unknown[],
): Promise<void> {
  const domain = domainOf(args) ?? (await pickDomain(connected, vscode.l10n.t('Sign In')));
  if (domain === undefined) return;
  const credential = await askForCredential(domain);
  if (credential === undefined) return;
  await context.signIns.keep(domain, credential);
  const client = context.engine.registry(domain);
  client.close();
  try {
    await client.ping();
  } catch (error) {
    if (isEngineError(error, 'unauthorized')) await context.signIns.forget(domain);
    throw error;
  }
  await connected.add(domain);
  void vscode.window.showInformationMessage(vscode.l10n.t('Signed in to {0}.', oneLine(domain)));
}

export async function signOut(
  context: EditorContext,
  connected: ConnectedRegistries,
  args: readonly unknown[],
): Promise<void> {
  const domain = domainOf(args) ?? (await pickDomain(connected, vscode.l10n.t('Sign Out')));
  if (domain === undefined) return;
  await context.signIns.forget(domain);
  context.engine.registry(domain).close();
}

async function askForDomain(): Promise<string | undefined> {
  const known = [
    'docker.io',
    'ghcr.io',
    'quay.io',
    'registry.gitlab.com',
    'public.ecr.aws',
    'mcr.microsoft.com',
  ];
  const other = vscode.l10n.t('Another registry…');
  const items: vscode.QuickPickItem[] = [
    ...known.map((label) => ({ label, iconPath: new vscode.ThemeIcon('cloud') })),
    { label: other, iconPath: new vscode.ThemeIcon('edit') },
  ];
  const title = vscode.l10n.t('Connect to Registry');
  const chosen = (await vscode.window.showQuickPick(items, { title }))?.label;
  if (chosen !== other) return chosen;
  const typed = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('The registry’s host, with its port where it has one.'),
    placeHolder: 'registry.example.com, localhost:5000',
    ignoreFocusOut: true,
    validateInput: (text) => (isDomain(bare(text)) ? undefined : vscode.l10n.t('This is no host name.')),
  });
  return typed === undefined ? undefined : bare(typed);
}

function bare(text: string): string {
  return text
    .trim()
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/\/(?:v2\/?)?$/, '');
}

function isDomain(text: string): boolean {
  return /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(text);
}

async function isClosed({ engine }: EditorContext, domain: string): Promise<boolean> {
  try {
    await engine.registry(domain).ping();
    return false;
  } catch (error) {
    if (isEngineError(error, 'unauthorized')) return true;
    throw error;
  }
}

async function askForCredential(
  domain: string,
): Promise<{ readonly kind: 'basic'; readonly username: string; readonly password: string } | undefined> {
  const title = vscode.l10n.t('Sign In to {0}', oneLine(domain));
  const username = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('User name'),
    ignoreFocusOut: true,
  });
  if (username === undefined || username === '') return undefined;
  const password = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Password or access token. It is kept in VS Code’s secret storage.'),
    password: true,
    ignoreFocusOut: true,
  });
  return password === undefined || password === '' ? undefined : { kind: 'basic', username, password };
}

function domainOf([node]: readonly unknown[]): string | undefined {
  if (typeof node === 'string') return node;
  return isRegistryNode(node) && 'domain' in node ? node.domain : undefined;
}

async function pickDomain(connected: ConnectedRegistries, title: string): Promise<string | undefined> {
  if (connected.domains.length === 0) return askForDomain();
  return vscode.window.showQuickPick([...connected.domains], { title });
}
