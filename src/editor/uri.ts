import * as vscode from 'vscode';
import { EngineError, type Image, type LayerPath } from '../engine/index.ts';
import { fromSafeText, toSafeText } from './safePath.ts';

/**
 * The only place that builds and parses Lamina's URIs.
 *
 * `lamina://<image>[-<layer>][+<label>]/<path>` names a file of an image: of the whole union, or of the union up to a
 * layer, which is how every version of a file has a URI. `lamina-document://<image>/<kind>[/<layer>]/<title>` names a
 * text made from an image, or from several whose ids follow. The image is {@link Image.id}; the label only makes tabs readable and is never parsed.
 *
 * `lamina-container://<id>[+<label>]/<path>` names a file of a container as it is now, and may be written. The id is 32 hex
 * digits of a container of the store, 64 of an engine's. `lamina-document://<id>/container[-<kind>]/<title>` is a text about it.
 *
 * `lamina-document://dockerfile/<path>/<title>` is the text about the builds of a Dockerfile of this machine.
 */
export const rootfsScheme = 'lamina';
export const containerScheme = 'lamina-container';
export const documentScheme = 'lamina-document';
const dockerfileAuthority = 'dockerfile';

/** A path of an image's file system, up to a layer or of all of them. */
export interface RootfsPlace {
  readonly imageId: string;
  readonly upTo: number | undefined;
  readonly path: LayerPath;
}

/** A path of a container's file system. */
export interface ContainerPlace {
  readonly containerId: string;
  readonly path: LayerPath;
}

export type DocumentKind = 'history' | 'inspect' | 'changes' | 'empty' | 'sharing';

/** Texts about a container: what its engine says of it, what it changed, and none. */
export type ContainerDocumentKind = 'inspect' | 'changes' | 'empty';

export interface ContainerDocumentPlace {
  readonly containerId: string;
  readonly kind: ContainerDocumentKind;
}

const containerKinds: Readonly<Record<ContainerDocumentKind, string>> = {
  inspect: 'container',
  changes: 'container-changes',
  empty: 'container-empty',
};
const containerDocumentKinds = ['inspect', 'changes', 'empty'] as const;

/** A text made from an image; `layer` for those that speak of one layer. */
export interface DocumentPlace {
  readonly imageId: string;
  readonly kind: DocumentKind;
  readonly layer: number | undefined;
  /** Ids of more images, for texts about several. */
  readonly others: readonly string[];
}

/** The file's URI. With `upTo`, as it is once that layer is applied. */
export function rootfsUri(image: Image, path: LayerPath, upTo?: number): vscode.Uri {
  const label = labelOf(image);
  const authority =
    upTo === undefined ? `${image.id}+${label}` : `${image.id}-${upTo}+${upTo} \u00b7 ${label}`;
  return vscode.Uri.from({ scheme: rootfsScheme, authority, path: toSafeText(path) });
}

/** @throws EngineError `invalid-path` for what {@link rootfsUri} did not make. */
export function parseRootfsUri(uri: vscode.Uri): RootfsPlace {
  const match = /^([0-9a-f]{32})(?:-(\d{1,5}))?(?:\+.*)?$/u.exec(uri.authority);
  const imageId = match?.[1];
  if (uri.scheme !== rootfsScheme || imageId === undefined) throw unknownUri(uri);
  const upTo = match?.[2] === undefined ? undefined : Number(match[2]);
  return { imageId, upTo, path: fromSafeText(uri.path) };
}

/** The file's URI. */
export function containerFileUri(
  { id, name }: { readonly id: string; readonly name: string },
  path: LayerPath,
): vscode.Uri {
  const authority = `${id}+${asLabel(name)}`;
  return vscode.Uri.from({ scheme: containerScheme, authority, path: toSafeText(path) });
}

/** @throws EngineError `invalid-path` for what {@link containerFileUri} did not make. */
export function parseContainerFileUri(uri: vscode.Uri): ContainerPlace {
  const containerId = containerOfFile(uri);
  if (containerId === undefined) throw unknownUri(uri);
  return { containerId, path: fromSafeText(uri.path) };
}

/** The id of the container whose file the URI names; undefined for foreign URIs. */
export function containerOfFile(uri: vscode.Uri | undefined): string | undefined {
  if (uri?.scheme !== containerScheme) return undefined;
  return /^([0-9a-f]{64}|[0-9a-f]{32})(?:\+.*)?$/u.exec(uri.authority)?.[1];
}

/** @param title the tab's text; its extension decides the language. */
export function documentUri(image: Image, kind: DocumentKind, title: string, layer?: number): vscode.Uri {
  const parts = layer === undefined ? [kind, fileName(title)] : [kind, String(layer), fileName(title)];
  return vscode.Uri.from({ scheme: documentScheme, authority: image.id, path: `/${parts.join('/')}` });
}

/** A text about several images. @param images at least one. */
export function sharedDocumentUri(images: readonly Image[], title: string): vscode.Uri {
  const [first, ...others] = images.map(({ id }) => id);
  const path = `/${['sharing', others.join('-') || '-', fileName(title)].join('/')}`;
  return vscode.Uri.from({ scheme: documentScheme, authority: first ?? '', path });
}

/** A text about a container. Of texts that engines give, the first half of its ID finds them again. */
export function containerUri(containerId: string, kind: ContainerDocumentKind, title: string): vscode.Uri {
  const path = `/${containerKinds[kind]}/${fileName(title)}`;
  return vscode.Uri.from({ scheme: documentScheme, authority: containerId, path });
}

/** The text about a Dockerfile's next build. */
export function buildCacheUri(dockerfile: string, title: string): vscode.Uri {
  const path = `${vscode.Uri.file(dockerfile).path}/${fileName(title)}`;
  return vscode.Uri.from({ scheme: documentScheme, authority: dockerfileAuthority, path });
}

/** The path of the Dockerfile that a text is about; undefined for other texts. */
export function parseBuildCacheUri({ scheme, authority, path }: vscode.Uri): string | undefined {
  const dockerfile = path.slice(0, path.lastIndexOf('/'));
  if (scheme !== documentScheme || authority !== dockerfileAuthority || dockerfile === '') return undefined;
  return vscode.Uri.from({ scheme: 'file', path: dockerfile }).fsPath;
}

/** Which text about which container a URI names; undefined for texts of images. */
export function parseContainerUri({
  scheme,
  authority,
  path,
}: vscode.Uri): ContainerDocumentPlace | undefined {
  const isContainer = scheme === documentScheme && /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(authority);
  const [, first, title] = path.split('/');
  const kind = containerDocumentKinds.find((each) => containerKinds[each] === first);
  return isContainer && kind !== undefined && title !== undefined
    ? { containerId: authority, kind }
    : undefined;
}

/** @throws EngineError `invalid-path` for what {@link documentUri} did not make. */
export function parseDocumentUri(uri: vscode.Uri): DocumentPlace {
  const match =
    /^\/(history|inspect|changes|empty|sharing)(?:\/(\d{1,5}|-|[0-9a-f]{32}(?:-[0-9a-f]{32})*))?\/[^/]+$/.exec(
      uri.path,
    );
  if (uri.scheme !== documentScheme || !/^[0-9a-f]{32}$/.test(uri.authority) || match === null)
    throw unknownUri(uri);
  const kind = match[1] as DocumentKind;
  const detail = match[2] ?? '';
  const layer = /^\d{1,5}$/.test(detail) ? Number(detail) : undefined;
  const others = kind === 'sharing' ? detail.split('-').filter(Boolean) : [];
  return { imageId: uri.authority, kind, layer, others };
}

/** The id of the image a URI speaks of; undefined for foreign URIs. */
export function imageIdOf(uri: vscode.Uri | undefined): string | undefined {
  if (uri === undefined || (uri.scheme !== rootfsScheme && uri.scheme !== documentScheme)) return undefined;
  if (parseContainerUri(uri) !== undefined) return undefined;
  return /^[0-9a-f]{32}/.exec(uri.authority)?.[0];
}

/** The last part of the image's name in the characters an authority may have: `nginx:1.27`, else its short id. */
function labelOf(image: Image): string {
  return asLabel(image.names[0]?.split('/').at(-1) ?? image.imageId?.slice(7, 19) ?? 'image');
}

function asLabel(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._:-]+/g, '-')
    .slice(0, 64);
  // An authority has room for one colon, before the last part.
  return plain.replace(/:(?=.*:)/g, '-');
}

function fileName(title: string): string {
  return title.replace(/[/\\]/g, '\u2215');
}

function unknownUri(uri: vscode.Uri): EngineError {
  return new EngineError('invalid-path', uri.toString(), 'it is no address of Lamina');
}
