import type { ByteName } from '../base/layerPath.ts';

/** A name of an image as a name on this machine, or why it cannot be one. */
export type HostName =
  { readonly kind: 'name'; readonly bytes: Buffer } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Checks a name of an image before it becomes part of a path. Linux takes every byte but two; Windows and macOS want
 * text, and on Windows many names mean something else than a file of that name. Nothing is renamed silently: what cannot
 * be written as it is, is refused.
 */
export function hostName(name: ByteName, platform: NodeJS.Platform = process.platform): HostName {
  const bytes = Buffer.from(name, 'latin1');
  const reason = refusal(name, bytes, platform);
  return reason === undefined ? { kind: 'name', bytes } : { kind: 'refused', reason };
}

function refusal(name: ByteName, bytes: Buffer, platform: NodeJS.Platform): string | undefined {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return 'it is no name';
  if (platform !== 'win32' && platform !== 'darwin') return undefined;
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return 'its name is not UTF-8, which this system demands';
  return platform === 'win32' ? windowsRefusal(text) : undefined;
}

/** Naming Files, Paths, and Namespaces (Windows' documentation). */
function windowsRefusal(text: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are among what Windows refuses.
  if (/[\x00-\x1f<>:"/\\|?*]/.test(text)) return 'its name has characters that Windows does not allow';
  if (/[ .]$/.test(text)) return 'its name ends in a dot or a blank, which Windows drops';
  return deviceName.test(text) ? 'its name is that of a Windows device' : undefined;
}

/** With any extension too: `con.txt` is the console. */
const deviceName = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?$/i;
