import type { ClientRequest } from 'node:http';
import { type EngineError, toEngineError } from '../../base/errors.ts';

/** A request's body, and how far it is. */
export interface Sending {
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** A piece was taken. */
  readonly onSent: () => void;
  /** Called when the body itself fails, before it takes the request with it. */
  readonly onFailure: (error: EngineError) => void;
}

/** Sends a request's body and ends it. */
export function writeBody(sent: ClientRequest, { body, onSent, onFailure }: Sending): void {
  if (body === undefined) sent.end();
  else if (body instanceof Uint8Array) sent.end(body);
  else
    pump(sent, body, onSent).catch((error: unknown) => {
      const failure = toEngineError(error, 'the data to be sent');
      onFailure(failure);
      sent.destroy(failure);
    });
}

async function pump(sent: ClientRequest, body: AsyncIterable<Uint8Array>, onSent: () => void): Promise<void> {
  for await (const chunk of body) {
    if (sent.destroyed) return;
    onSent();
    if (!sent.write(chunk)) await writable(sent);
  }
  sent.end();
}

function writable(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.off('drain', done).off('close', done);
      resolve();
    };
    sent.once('drain', done).once('close', done);
  });
}
