import { type ClientHttp2Session, connect } from 'node:http2';
import type { Duplex } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import type { EngineConnection } from '../dockerEngine/connection.ts';
import { formatEndpoint } from '../dockerEngine/endpoint.ts';
import { connectionFailure } from '../dockerEngine/engineFailures.ts';

/** Whoever speaks HTTP/2 says so at once. */
const openingMs = 15_000;

/**
 * Begins HTTP/2 with what listens there: straight away, as newer engines and BuildKit itself take it, else by asking an
 * engine to hand over the connection (`POST /grpc`), which all before 29 want (build-cache.md §4.1).
 *
 * @throws EngineError `unreachable`, `denied`, `unsupported` (an engine without BuildKit).
 */
export async function openSession(connection: EngineConnection): Promise<ClientHttp2Session> {
  const { endpoint } = connection;
  const patience = AbortSignal.timeout(openingMs);
  try {
    return await openEither(connection, patience);
  } catch (error) {
    if (patience.aborted)
      throw new EngineError('unreachable', formatEndpoint(endpoint), 'it does not answer', { cause: error });
    throw connectionFailure(error, endpoint);
  }
}

async function openEither(connection: EngineConnection, signal: AbortSignal): Promise<ClientHttp2Session> {
  try {
    return await begin(connection.dial(), signal);
  } catch (error) {
    if (!isOtherProtocol(error)) throw error;
    return await begin(await connection.upgrade({ method: 'POST', path: '/grpc', signal }, 'h2c'), signal);
  }
}

function begin(socket: Duplex, signal: AbortSignal): Promise<ClientHttp2Session> {
  const session = connect('http://localhost', { createConnection: () => socket });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      session.destroy();
      reject(new SessionEnded('it took too long'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    session.once('remoteSettings', () => {
      signal.removeEventListener('abort', stop);
      resolve(session);
    });
    // Of a connection that breaks at once the session itself does not always tell.
    socket.once('error', reject);
    // It stays: after the beginning, calls hear of a failure by their own streams.
    session.on('error', reject);
    session.once('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new SessionEnded('it ended the connection'));
    });
  });
}

/** Closed without a word, as a server may that does not understand the beginning. Goes no further than this file. */
class SessionEnded extends Error {}

function isOtherProtocol(error: unknown): boolean {
  if (error instanceof SessionEnded) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A program's pipe that was closed tells of it by the stream.
  return /^ERR_(HTTP2|STREAM)_/.test(code) || code === 'ECONNRESET' || code === 'EPIPE';
}
