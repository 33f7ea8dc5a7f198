import assert from 'node:assert/strict';
import path from 'node:path';
import { silentLogger } from '../../src/engine/base/log.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { EngineRegistryAuth } from '../../src/engine/sources/dockerEngine/engineApi.ts';
import { registryAuthHeader } from '../../src/engine/sources/dockerEngine/registryAuth.ts';
import type { Credential } from '../../src/engine/sources/registry/credentials.ts';
import { basicCanary, canary } from '../support/registryClients.ts';
import { tempDir } from '../support/tempDir.ts';

describe('what an engine is given to pull with', () => {
  const auths = { 'registry.test:5000': { auth: Buffer.from('bird:seed').toString('base64') } };
  const kept: Readonly<Record<string, Credential>> = {
    'docker.io': basicCanary,
    'token.test': { kind: 'identity-token', token: canary.identity },
    'bearer.test': { kind: 'registry-token', token: canary.token },
  };

  async function authFor(reference: string): Promise<EngineRegistryAuth | undefined> {
    const home = tempDir().path;
    await using engine = createEngine({
      log: silentLogger,
      storeDirectory: path.join(home, 'store'),
      registries: {
        environment: { DOCKER_CONFIG: home, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) },
        credentials: {
          get: (domain) => Promise.resolve(kept[domain]),
          domains: () => Promise.resolve(Object.keys(kept)),
        },
        mayStartHelpers: () => false,
      },
    });
    return await engine.engineAuth(reference);
  }

  it('is what docker login left for the registry of the image', async () => {
    assert.deepEqual(await authFor('registry.test:5000/app:1'), {
      serverAddress: 'registry.test:5000',
      username: 'bird',
      password: 'seed',
    });
  });

  it('is what a person signed in with, by the name that engines know', async () => {
    const auth = await authFor('nginx');
    assert.deepEqual(auth, {
      serverAddress: 'https://index.docker.io/v1/',
      username: canary.username,
      password: canary.password,
    });
    const header = registryAuthHeader(auth)?.['X-Registry-Auth'] ?? '';
    const sent = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
    assert.deepEqual(Object.keys(sent), ['username', 'password', 'serveraddress']);
  });

  it('may be a token', async () => {
    assert.deepEqual(await authFor('token.test/app'), {
      serverAddress: 'token.test',
      identityToken: canary.identity,
    });
    assert.deepEqual(await authFor('bearer.test/app'), {
      serverAddress: 'bearer.test',
      registryToken: canary.token,
    });
  });
});
