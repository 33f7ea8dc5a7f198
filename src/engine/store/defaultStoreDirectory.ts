import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the store is unless a setting or an option says otherwise: `LAMINA_STORE`, or `lamina/store` in the user's data
 * directory as the platform names it. The same for the editor and the command line, so that both see the same images.
 */
export function defaultStoreDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const chosen = environment['LAMINA_STORE'];
  return chosen !== undefined && chosen !== ''
    ? chosen
    : join(dataDirectory(environment, platform), 'lamina', 'store');
}

function dataDirectory(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (platform === 'win32') return environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  // A relative path there is to be ignored (XDG Base Directory Specification).
  const xdg = environment['XDG_DATA_HOME'];
  return xdg?.startsWith('/') === true ? xdg : join(homedir(), '.local', 'share');
}
