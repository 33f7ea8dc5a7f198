import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { silentLogger } from '../../../src/engine/base/log.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { startSilentListener } from '../../support/silentListener.ts';
import { tempDir } from '../../support/tempDir.ts';

describe('A status in restricted mode', () => {
  for (const kind of ['buildkit', 'classic'] as const)
    it(`connects to no engine and no registry, whatever else is asked for: ${kind}`, async () => {
      const socket = path.join(tempDir().path, 'engine.sock');
      const [engineAt, registryAt] = [await startSilentListener(socket), await startSilentListener()];
      const { port } = registryAt.server.address() as AddressInfo;
      const context = tempDir().path;
      writeFileSync(path.join(context, 'Dockerfile'), `FROM 127.0.0.1:${port}/base\nRUN make\n`);
      const builder = {
        identity: { id: 'one', kind, client: 'buildx', name: 'a builder' } as const,
        endpoint: { kind: 'unix', path: socket } as const,
      };
      const request = {
        context,
        dockerfile: path.join(context, 'Dockerfile'),
        buildArgs: new Map(),
        tags: [],
      };
      {
        await using engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
        const options = { isOffline: true, asksRegistries: true };
        const { steps } = await engine.builds.status(builder, request, options);
        assert.equal(steps[1]?.state, 'unknown');
      }
      for (const { server, connections } of [engineAt, registryAt]) {
        server.close();
        assert.equal(connections(), 0);
      }
    });
});
