import { UsageError } from './usageError.ts';

/** How an image or a container is named on the command line: by transport, as skopeo and podman do. */
export type ImageName =
  | { readonly transport: FileTransport; readonly rest: string }
  | { readonly transport: 'store'; readonly name: string }
  /** No transport: a path that exists, or a name in the store. */
  | { readonly transport: 'any'; readonly rest: string }
  | { readonly transport: 'docker-daemon' | 'docker' | 'container'; readonly name: string };

/** Transports that name a file or a folder; `rest` is `PATH[:REF]`. */
export type FileTransport = 'docker-archive' | 'oci-archive' | 'oci' | 'dir';

/** An image and, where one was typed, an absolute path in it. */
export interface ImagePath {
  readonly image: string;
  readonly path: string | undefined;
}

const fileTransports: readonly FileTransport[] = ['docker-archive', 'oci-archive', 'oci', 'dir'];
const transports: readonly string[] = [...fileTransports, 'store', 'docker-daemon', 'docker', 'container'];

/** @throws UsageError when nothing follows the transport. */
export function parseImageName(text: string): ImageName {
  const colon = text.indexOf(':');
  const transport = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  if (transport === 'docker' && !rest.startsWith('//')) return { transport: 'any', rest: text };
  if (text === '' || (transports.includes(transport) && rest.replace(/^\/\//, '') === ''))
    throw new UsageError(text, 'the name of an image is missing');
  if (isFileTransport(transport)) return { transport, rest };
  if (transport === 'docker') return { transport, name: rest.slice(2) };
  if (transport === 'store' || transport === 'docker-daemon' || transport === 'container')
    return { transport, name: rest };
  return { transport: 'any', rest: text };
}

/**
 * Takes `IMAGE[:PATH]` apart. The path is absolute and begins at the last `:/` that no second slash follows; the one
 * behind a transport's name is the transport's own, and so is a drive's on Windows.
 */
export function splitImagePath(text: string, platform: NodeJS.Platform = process.platform): ImagePath {
  for (let at = text.lastIndexOf(':/'); at > 0; at = text.lastIndexOf(':/', at - 1)) {
    if (text.charAt(at + 2) === '/') continue;
    const image = text.slice(0, at);
    if (transports.includes(image) || (platform === 'win32' && endsWithDrive(image))) break;
    return { image, path: text.slice(at + 1) };
  }
  return { image: text, path: undefined };
}

/**
 * The ways to read `PATH[:REF]`, the longest path first. A file's name may hold colons, so what exists decides; the
 * last one, cut at the first colon, is what was meant when nothing exists.
 */
export function readingsOf(
  rest: string,
  platform: NodeJS.Platform = process.platform,
): readonly { readonly path: string; readonly reference: string | undefined }[] {
  const readings: { path: string; reference: string | undefined }[] = [{ path: rest, reference: undefined }];
  for (let at = rest.lastIndexOf(':'); at > 0; at = rest.lastIndexOf(':', at - 1)) {
    if (platform === 'win32' && endsWithDrive(rest.slice(0, at))) continue;
    readings.push({ path: rest.slice(0, at), reference: rest.slice(at + 1) });
  }
  return readings;
}

function isFileTransport(text: string): text is FileTransport {
  return (fileTransports as readonly string[]).includes(text);
}

/** `C`, or a transport and `C`. */
function endsWithDrive(text: string): boolean {
  return /^(?:.*:)?[A-Za-z]$/.test(text);
}
