import { EngineError } from '../../base/errors.ts';
import { formatEndpoint, type SshEndpoint } from './endpoint.ts';

/** What speaks to the engine on the far side. */
export type DialProgram = 'docker' | 'podman';

/**
 * The arguments for `ssh` that connect its standard input and output to the engine over there, as docker's own
 * connection helper passes them. Only the last word is read by a shell: the far one, so it is quoted for that.
 *
 * @throws EngineError `invalid-reference` for names that ssh could take for options; endpoints from `parseEndpoint`
 * have none, but plain data may come from anywhere.
 */
export function sshArguments(endpoint: SshEndpoint, program: DialProgram = 'docker'): readonly string[] {
  const { host, user, port, identityFile } = endpoint;
  for (const name of [host, user ?? 'x', identityFile ?? 'x'])
    // eslint-disable-next-line no-control-regex -- no name of a host, user or file holds them.
    if (name.startsWith('-') || name === '' || /[\x00-\x1f\x7f]/.test(name))
      throw new EngineError('invalid-reference', formatEndpoint(endpoint), `ssh could misread \`${name}\``);
  return [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...['-o', 'ConnectTimeout=30', '-T', '--', host],
    farCommand(endpoint, program),
  ];
}

function farCommand({ socketPath }: SshEndpoint, program: DialProgram): string {
  if (socketPath === undefined) return `${program} system dial-stdio`;
  const option = program === 'docker' ? '--host' : '--url';
  return `${program} ${option} ${quote(`unix://${socketPath}`)} system dial-stdio`;
}

/** Plain words stay as they are, so that shells which know no quotes of this kind take them too. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
