import type { Logger } from '../../base/log.ts';
import type { CredentialStore } from './credentials.ts';

/** How a registry is spoken to, as plain data that crosses to a worker thread as it is. */
export interface RegistryAccess {
  /** As references name it: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** Sent as `User-Agent`: `Lamina/0.1.0`. */
  readonly userAgent: string;
  /** Registries that the user's setting names as spoken to without TLS. Loopback needs no naming. */
  readonly plainHttp?: readonly string[];
  /** Where proxies are named; the process' environment when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Folders with `HOST/*.crt`, authorities that are trusted for a host; docker's and podman's when left out. */
  readonly certificateFolders?: readonly string[];
  readonly timeouts?: Partial<Timeouts>;
}

/** How long is waited, in milliseconds. */
export interface Timeouts {
  /** For a connection, TLS included. */
  readonly connectMs: number;
  /** For the next byte, while the other side has the turn. */
  readonly idleMs: number;
  /** For a whole manifest, token or list. */
  readonly documentMs: number;
  /** For the answer to the last byte of an upload: registries move and hash the blob meanwhile. */
  readonly commitMs: number;
  /** Before a request is made again the first time; doubled each time after, up to a minute. */
  readonly firstWaitMs: number;
  /** The longest `Retry-After` that is waited for; what asks for more is told at once. */
  readonly maxWaitMs: number;
}

export const defaultTimeouts: Timeouts = {
  connectMs: 20_000,
  idleMs: 60_000,
  documentMs: 120_000,
  commitMs: 900_000,
  firstWaitMs: 500,
  maxWaitMs: 300_000,
};

/** What a client uses of its surroundings. */
export interface RegistryPorts {
  readonly credentials: CredentialStore;
  readonly log?: Logger;
  /** Told what the registry makes known beside its answers, where a call has no listener of its own. */
  readonly onNotice?: (notice: RegistryNotice) => void;
}

/** What every call of a client takes last. */
export interface RegistryCall {
  readonly signal?: AbortSignal;
  readonly onNotice?: (notice: RegistryNotice) => void;
  /** Bytes of a body that went over the wire since the last call, in either direction. */
  readonly onBytes?: (count: number) => void;
}

/** Something a person may want to know while waiting; hosts choose the words. */
export type RegistryNotice =
  /** The request will be made again after so many seconds. */
  | {
      readonly kind: 'waiting';
      readonly reason: 'rate-limited' | 'busy' | 'unreachable';
      readonly seconds: number;
    }
  /** How much of the registry's limit is left, where it says so. */
  | {
      readonly kind: 'limit';
      readonly limit: number;
      readonly remaining: number;
      readonly windowSeconds?: number;
    }
  /** The registry's own words (`Warning: 299`), once each. Hostile text is possible; hosts escape it. */
  | { readonly kind: 'warning'; readonly text: string };
