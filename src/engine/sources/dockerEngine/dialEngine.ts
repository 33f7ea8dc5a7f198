import { spawn } from 'node:child_process';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { EngineError } from '../../base/errors.ts';
import { type EngineEndpoint, formatEndpoint, type SshEndpoint, type TcpEndpoint } from './endpoint.ts';
import { ProcessSocket } from './processSocket.ts';
import { type DialProgram, sshArguments } from './sshCommand.ts';

export interface DialOptions {
  /** Sockets that are not connected by then fail; ssh has its own, of 30 s. */
  readonly connectMs: number;
  readonly sshProgram: string;
  /** Which program speaks to the engine on the far side of ssh. */
  readonly farProgram: DialProgram;
  /** ssh connected, but the far side has no such program. */
  readonly onNoFarProgram: (program: DialProgram) => void;
}

/** Begins a connection to the engine. Failures come as its `error` event, system errors or EngineErrors. */
export function dialEngine(endpoint: EngineEndpoint, options: DialOptions): Duplex {
  if (endpoint.kind === 'ssh') return dialSsh(endpoint, options);
  const socket = endpoint.kind === 'tcp' ? dialTcp(endpoint) : connect({ path: endpoint.path });
  const isSecure = endpoint.kind === 'tcp' && endpoint.tls !== undefined;
  // A stream of events may be silent for hours: only this tells that the other side is gone.
  if (endpoint.kind === 'tcp') socket.setKeepAlive(true, 30_000);
  failUnlessConnected(socket, isSecure ? 'secureConnect' : 'connect', endpoint, options.connectMs);
  return socket;
}

function dialTcp({ host, port, tls }: TcpEndpoint): Socket {
  if (tls === undefined) return connect({ host, port });
  const serverName = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({
    ...{ host, port },
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: tls.skipVerify !== true,
  });
}

function failUnlessConnected(
  socket: Socket,
  connected: 'connect' | 'secureConnect',
  endpoint: EngineEndpoint,
  ms: number,
): void {
  const timer = setTimeout(() => {
    const detail = `no connection within ${ms / 1000} s`;
    socket.destroy(new EngineError('unreachable', formatEndpoint(endpoint), detail));
  }, ms);
  const stop = (): void => {
    clearTimeout(timer);
  };
  socket.once(connected, stop).once('close', stop);
}

function dialSsh(endpoint: SshEndpoint, options: DialOptions): Duplex {
  const { sshProgram, farProgram } = options;
  const child = spawn(sshProgram, sshArguments(endpoint, farProgram), {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  return new ProcessSocket(child, (code, lastLine, error) => {
    if (error !== undefined) return sshFailure(endpoint, `ssh could not be started: ${error.message}`, error);
    if (code === 0) return undefined;
    if (code === 127) options.onNoFarProgram(farProgram);
    return sshFailure(endpoint, sshEnding(code, lastLine));
  });
}

function sshEnding(code: number | null, lastLine: string): string {
  const ending = code === null ? 'ssh was ended' : `ssh ended with code ${code}`;
  return lastLine === '' ? ending : `${lastLine} (${ending})`;
}

function sshFailure(endpoint: SshEndpoint, detail: string, cause?: Error): EngineError {
  return new EngineError('unreachable', formatEndpoint(endpoint), detail, { cause });
}
