import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One request of HTTP, without redirects, retries or credentials of its own. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** The longest it may take to the answer's last byte; where left out, only silence is measured. */
  readonly deadlineMs?: number;
  /** The longest silence while the other side has the turn. */
  readonly idleMs: number;
  /** The same, once a body has been sent whole. */
  readonly commitMs: number;
  readonly connectMs: number;
}

/** Bytes that are sent; opened again for every attempt. */
export interface RequestBody {
  /** Bytes. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Read it to its end, or destroy it. */
  readonly body: Readable;
  /** Who answered, after redirects. */
  readonly url: string;
  /** The address that was connected to. */
  readonly address: string | undefined;
}
