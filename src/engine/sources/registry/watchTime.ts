import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { EngineError } from '../../base/errors.ts';
import type { HttpRequest } from './httpMessage.ts';

/**
 * Ends a request that takes too long. Silence counts only while the other side has the turn: neither for a slow reader of
 * the answer, nor for a slow source of what is sent.
 *
 * @param fail ends it before an answer; afterwards the answer's body breaks with the error.
 */
export function watchTime(
  sent: ClientRequest,
  request: HttpRequest,
  fail: (error: EngineError) => void,
): void {
  let response: IncomingMessage | undefined;
  const end = (why: string) => (): void => {
    const failure = new EngineError('unreachable', request.url, why, { cause: { code: 'ETIMEDOUT' } });
    if (response === undefined) fail(failure);
    else response.destroy(failure);
  };
  const { connectMs, deadlineMs } = request;
  const connecting = setTimeout(end(`no connection within ${connectMs / 1000} s`), connectMs);
  const deadline =
    deadlineMs === undefined
      ? undefined
      : setTimeout(end(`it took longer than ${deadlineMs / 1000} s`), deadlineMs);
  sent.once('response', (arrived) => (response = arrived));
  sent.once('socket', (socket) => {
    onceConnected(socket, () => {
      clearTimeout(connecting);
      socket.setTimeout(request.idleMs);
    });
    const quiet = (): void => {
      if (isUntaken(response) || isSourceSlow(sent)) socket.setTimeout(request.idleMs);
      else end('nothing came for too long')();
    };
    socket.on('timeout', quiet);
    // Registries move and hash a blob before they answer to its last byte.
    if (request.body !== undefined) sent.once('finish', () => socket.setTimeout(request.commitMs));
    sent.once('close', () => {
      socket.off('timeout', quiet);
      socket.setTimeout(0);
    });
  });
  sent.once('close', () => {
    clearTimeout(connecting);
    clearTimeout(deadline);
  });
}

function onceConnected(socket: Socket, then: () => void): void {
  // A kept connection comes connected; a new one of TLS counts when its handshake is done.
  if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', then);
  else then();
}

/** Whether bytes have arrived that nobody has taken yet. */
function isUntaken(response: IncomingMessage | undefined): boolean {
  return response !== undefined && response.readableLength > 0;
}

/** Whether everything that there was to send has gone, and more will come. */
function isSourceSlow(sent: ClientRequest): boolean {
  return !sent.writableEnded && sent.writableLength === 0;
}
