import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Logger } from '../../src/engine/base/log.ts';
import { EngineError, type FailureCode } from '../../src/engine/base/errors.ts';
import { digestOf } from '../../src/engine/oci/digest.ts';
import { addressKind, type AddressKind } from '../../src/engine/sources/registry/addressKind.ts';
import { fixedCredentials } from '../../src/engine/sources/registry/createCredentialStore.ts';
import { createRegistryClient } from '../../src/engine/sources/registry/createRegistryClient.ts';
import type { Credential, CredentialStore } from '../../src/engine/sources/registry/credentials.ts';
import type { Network } from '../../src/engine/sources/registry/network.ts';
import type { RegistryAccess, RegistryNotice } from '../../src/engine/sources/registry/registryAccess.ts';
import type { BlobContent, RegistryClient } from '../../src/engine/sources/registry/registryClient.ts';

/** What must not be seen anywhere. */
export const canary = {
  username: 'bird',
  password: 'CANARY-pass/word+1',
  token: 'CANARY-token-0123456789',
  identity: 'CANARY-identity-9876',
} as const;

export const basicCanary: Credential = {
  kind: 'basic',
  username: canary.username,
  password: canary.password,
};

/** A client with everything it said and told. */
export interface WatchedClient {
  readonly client: RegistryClient;
  readonly lines: readonly string[];
  readonly notices: readonly RegistryNotice[];
  /** Fails when a secret stands in a line, a notice, or one of the errors. */
  readonly assertSilent: (...errors: readonly unknown[]) => void;
}

export interface WatchedOptions {
  readonly domain: string;
  readonly credential?: Credential;
  /** Instead of one credential. */
  readonly store?: CredentialStore;
  readonly access?: Partial<RegistryAccess>;
  readonly network?: Network;
}

export function watchClient({ domain, credential, store, access, network }: WatchedOptions): WatchedClient {
  const lines: string[] = [];
  const notices: RegistryNotice[] = [];
  const client = createRegistryClient(
    {
      domain,
      userAgent: 'Lamina/test',
      environment: {},
      ...access,
      timeouts: { firstWaitMs: 2, documentMs: 10_000, idleMs: 10_000, ...access?.timeouts },
    },
    {
      credentials: store ?? fixedCredentials(domain, credential),
      log: loggerInto(lines),
      onNotice: (notice) => notices.push(notice),
    },
    network,
  );
  const assertSilent = (...errors: readonly unknown[]): void => {
    const seen = [...lines, inspect(notices), ...errors.map(everythingOf)].join('\n');
    for (const secret of secretForms()) assert.ok(!seen.includes(secret), `${secret} in ${seen}`);
  };
  return { client, lines, notices, assertSilent };
}

/** The failure of a call that must fail, with the code that it must have. */
export async function failure(work: Promise<unknown>, code: FailureCode): Promise<EngineError> {
  const error = await work.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, inspect(error));
  assert.equal(error.code, code, error.message);
  return error;
}

/** All that comes, in a list. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function blobOf(bytes: Uint8Array, pieceSize = 64 * 1024): BlobContent {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- what is at hand comes at once.
    async *open({ start, end }) {
      for (let at = start; at < end; at += pieceSize) yield bytes.subarray(at, Math.min(end, at + pieceSize));
    },
  };
}

/** Names as the test says; addresses of this machine stand for whatever the test says. */
export function fakeNetwork(
  names: Readonly<Record<string, string>>,
  kinds: Readonly<Record<string, AddressKind>> = { '127.0.0.1': 'public' },
): Network {
  return {
    lookup: (hostname) => {
      const address = names[hostname];
      if (address === undefined)
        return Promise.reject(Object.assign(new Error(hostname), { code: 'ENOTFOUND' }));
      return Promise.resolve([{ address, family: 4 }]);
    },
    kindOf: (address) => kinds[address] ?? addressKind(address),
  };
}

function loggerInto(lines: string[]): Logger {
  const write = (message: string): void => {
    lines.push(message);
  };
  return { trace: write, debug: write, info: write, warn: write, error: write };
}

/** An error with its causes and hidden members. */
function everythingOf(error: unknown): string {
  const stack = error instanceof Error ? `${error.message} ${error.stack ?? ''}` : '';
  return `${stack} ${inspect(error, { depth: 20, showHidden: true, maxStringLength: null })}`;
}

function secretForms(): readonly string[] {
  const { username, password, token, identity } = canary;
  const secrets = [password, token, identity];
  const pairs = [`${username}:${password}`, `:${identity}`, ...secrets].map((text) =>
    Buffer.from(text).toString('base64'),
  );
  return [...secrets, ...secrets.map(encodeURIComponent), ...pairs, 'CANARY'];
}
