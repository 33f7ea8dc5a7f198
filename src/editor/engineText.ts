import * as vscode from 'vscode';
import type { ContainerState, EngineContainer, EngineError, EngineImage } from '../engine/index.ts';
import { failureText } from './failures.ts';
import type { EngineStanding, KnownEngine } from './knownEngine.ts';
import { SafeMarkdown } from './markdown.ts';
import { facts, type Row, warningIcon } from './row.ts';
import { ageText, oneLine, platformText, referenceTitle, shortId, sizeText } from './text.ts';

// Engines and what they list, in words. Every text that an engine tells may be hostile.

/** An engine's line, in whichever view. `context` goes before the tokens that say how it stands. */
export function engineRow(engine: KnownEngine): Row {
  const { standing } = engine;
  const isFine = standing.kind !== 'lost';
  return {
    label: engineName(engine),
    description: standingText(engine),
    icon: isFine
      ? new vscode.ThemeIcon(standing.kind === 'apart' ? 'debug-disconnect' : 'server')
      : warningIcon(),
    folds: standing.kind === 'apart' ? undefined : 'open',
    context: `daemon ${standing.kind}`,
    spoken: vscode.l10n.t('container engine'),
  };
}

/**
 * What a context is called, or a well-known socket; what only an address names is called by its kind once that is
 * known.
 */
export function engineName({ found, standing, version, location }: KnownEngine): string {
  if (found.origin === 'context' || found.origin === 'socket') return oneLine(found.name);
  const kind = standing.kind === 'connected' ? standing.capabilities.kind : version?.kind;
  if (kind === undefined) return addressText(location);
  return kind === 'podman' ? 'Podman' : 'Docker';
}

/** A path is enough for what is on this machine. */
function addressText(location: string): string {
  return oneLine(location.replace(/^unix:\/\//, ''));
}

export function engineTooltip(engine: KnownEngine): SafeMarkdown {
  const { standing, version, found, location } = engine;
  const markdown = new SafeMarkdown().title(engineName(engine));
  if (standing.kind === 'lost') markdown.paragraph(lostText(standing.error));
  if (standing.kind === 'apart') markdown.paragraph(apartText(engine));
  const capabilities = standing.kind === 'connected' ? standing.capabilities : undefined;
  return markdown.facts([
    [vscode.l10n.t('Address'), oneLine(location)],
    [vscode.l10n.t('Version'), version && oneLine(version.version)],
    [vscode.l10n.t('API version'), capabilities && oneLine(capabilities.apiVersion)],
    [vscode.l10n.t('Keeps images in'), capabilities && storeText(capabilities.imageStore)],
    [vscode.l10n.t('Platform'), platformText(capabilities?.platform)],
    [vscode.l10n.t('Docker context'), found.origin === 'context' ? oneLine(found.name) : undefined],
  ]);
}

/** What stands in place of the list while there is none; undefined when there is one. */
export function standingNote({ standing, lists }: KnownEngine): string | undefined {
  if (standing.kind === 'lost') return lostText(standing.error);
  if (standing.kind === 'apart' || lists.isKnown) return undefined;
  return vscode.l10n.t('Waiting for the engine…');
}

/** Why an engine cannot be used, and what next. */
export function lostText(error: EngineError): string {
  const place = oneLine(error.subject).replace(/^unix:\/\//, '');
  if (isDenied(error))
    return vscode.l10n.t(
      'Permission denied at {0}. Add yourself to the group “docker” and sign in again, or use a rootless engine.',
      place,
    );
  if (error.code === 'unsupported')
    return vscode.l10n.t(
      'Lamina cannot use what answers at {0}: {1}. Docker Engine 20.10 or later and Podman will do.',
      place,
      oneLine(error.detail),
    );
  if (isSilent(error))
    return vscode.l10n.t(
      'What listens at {0} does not answer: {1}. It may be starting, or stuck; Lamina tries again by itself.',
      place,
      oneLine(error.detail),
    );
  if (isAway(error) && error.subject.startsWith('unix:'))
    return vscode.l10n.t('Nothing listens at {0}. Lamina connects by itself when the engine runs.', place);
  return failureText(error);
}

/** Named by what a person does about it. */
export function lostWord(error: EngineError): string {
  if (isDenied(error)) return vscode.l10n.t('permission denied');
  if (error.code === 'unsupported') return vscode.l10n.t('too old or no engine');
  if (isSilent(error)) return vscode.l10n.t('does not answer');
  if (isAway(error)) return vscode.l10n.t('not running');
  return vscode.l10n.t('not reachable');
}

/** `nginx:1.27`, or the short ID of an image without a name. */
export function engineImageTitle({ repoTags, id }: EngineImage): string {
  return referenceTitle(repoTags[0]) ?? shortId(id) ?? '';
}

/** Size and age, and that it has no name. */
export function engineImageFacts({ repoTags, sizeBytes, createdSeconds }: EngineImage): string {
  return facts(
    repoTags.length === 0 ? vscode.l10n.t('untagged') : undefined,
    sizeText(sizeBytes),
    createdSeconds > 0 ? ageText(createdSeconds) : undefined,
  );
}

/** The name of a container's image; of one that lost it, the short ID. */
export function containerImageText({ image }: EngineContainer): string {
  return referenceTitle(image.replace(/^sha256:([0-9a-f]{12})[0-9a-f]*$/, '$1')) ?? '';
}

/** A container's state in one word. */
export function containerStateText(state: ContainerState): string {
  return {
    created: vscode.l10n.t('created'),
    running: vscode.l10n.t('running'),
    paused: vscode.l10n.t('paused'),
    restarting: vscode.l10n.t('restarting'),
    removing: vscode.l10n.t('being removed'),
    exited: vscode.l10n.t('stopped'),
    dead: vscode.l10n.t('dead'),
    unknown: vscode.l10n.t('unknown'),
  }[state];
}

export function storeText(store: 'classic' | 'containerd' | 'podman'): string {
  if (store === 'containerd') return vscode.l10n.t('containerd’s image store');
  return store === 'podman'
    ? vscode.l10n.t('Podman’s storage')
    : vscode.l10n.t('Docker’s classic image store');
}

function standingText(engine: KnownEngine): string | undefined {
  const { standing, location } = engine;
  const address = addressText(location) === engineName(engine) ? undefined : addressText(location);
  switch (standing.kind) {
    case 'apart':
      return facts(vscode.l10n.t('not connected'), address);
    case 'idle':
    case 'connecting':
      return facts(vscode.l10n.t('connecting…'), address);
    case 'lost':
      return facts(lostWord(standing.error), address);
    case 'connected':
      return facts(versionText(engine), storeWord(standing), address);
  }
}

function versionText({ version }: KnownEngine): string | undefined {
  return version && oneLine(version.version);
}

function storeWord({ capabilities }: Extract<EngineStanding, { kind: 'connected' }>): string | undefined {
  return capabilities.imageStore === 'containerd' ? 'containerd' : undefined;
}

function apartText({ found, location }: KnownEngine): string {
  return found.isRemote
    ? vscode.l10n.t(
        '{0} may be on another machine. Lamina connects when you choose “Connect Engine”.',
        oneLine(location),
      )
    : vscode.l10n.t('You disconnected this engine. Choose “Connect Engine” to see it again.');
}

/** Nobody answers, or who did is gone. */
function isAway({ code }: EngineError): boolean {
  return code === 'unreachable' || code === 'truncated';
}

/** Something is there and says nothing: then no call of the system has failed. */
function isSilent({ code, cause, subject }: EngineError): boolean {
  return code === 'unreachable' && cause === undefined && subject.startsWith('unix:');
}

function isDenied(error: EngineError): boolean {
  return error.code === 'denied';
}
