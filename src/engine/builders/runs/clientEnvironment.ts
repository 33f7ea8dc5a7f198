import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuilderIdentity } from '../../build/builder.ts';
import { type EngineEndpoint, type EngineTls, formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a client is started with. Its folder is gone when it is closed. */
export interface ClientPlace extends AsyncDisposable {
  readonly env: Environment;
  /** A folder of its own, that only this user may enter. */
  readonly folder: string;
}

/**
 * The environment in which a client's program asks exactly this builder: the engine by its address, whatever docker's
 * contexts say. Configuration and credentials stay those of the user. Keys of an engine behind TLS, which programs take
 * from files alone, lie in the folder as long as the program runs.
 */
export async function openClientPlace(
  identity: BuilderIdentity,
  endpoint: EngineEndpoint | undefined,
  env: Environment,
): Promise<ClientPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'lamina-build-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const tls = endpoint?.kind === 'tcp' ? await tlsVariables(endpoint.tls, folder) : {};
    return {
      folder,
      env: { ...env, ...ownVariables(identity, endpoint), ...tls },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function ownVariables({ kind, client }: BuilderIdentity, endpoint: EngineEndpoint | undefined): Environment {
  const address = endpoint && formatEndpoint(endpoint);
  if (client === 'podman') return address === undefined ? {} : { CONTAINER_HOST: address };
  if (client === 'buildah' || client === 'buildctl') return {};
  return {
    ...(address !== undefined && { DOCKER_HOST: address }),
    DOCKER_CONTEXT: undefined,
    DOCKER_BUILDKIT: kind === 'classic' ? '0' : '1',
    // Another builder than the engine's own would be asked.
    BUILDX_BUILDER: undefined,
    BUILDKIT_PROGRESS: undefined,
    // Colours of a terminal would stand between the words.
    NO_COLOR: '1',
  };
}

async function tlsVariables(tls: EngineTls | undefined, folder: string): Promise<Environment> {
  if (tls === undefined) return {};
  const write = async (name: string, pem: string | undefined): Promise<void> => {
    if (pem !== undefined) await writeFile(join(folder, name), pem, { mode: 0o600 });
  };
  await write('ca.pem', tls.ca);
  await write('cert.pem', tls.cert);
  await write('key.pem', tls.key);
  const verify = tls.skipVerify === true ? undefined : '1';
  return { DOCKER_TLS: '1', DOCKER_TLS_VERIFY: verify, DOCKER_CERT_PATH: folder };
}
