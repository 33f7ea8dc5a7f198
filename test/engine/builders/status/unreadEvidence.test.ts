import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '../../../../src/engine/base/log.ts';
import { createEngine } from '../../../../src/engine/engine.ts';
import { message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
import { tempDir } from '../../../support/tempDir.ts';

describe('A builder that does not tell of earlier builds', () => {
  for (const [what, status, code] of [
    ['because it fails', 13, 'evidence-not-readable'],
    ['because there are none', 0, 'never-built'],
  ] as const)
    it(`has it said so: ${what}`, async () => {
      await using buildkit = await startFakeBuildkit(({ method, send, end }) => {
        const isOfBuilds = !method.endsWith('ListWorkers') && !method.endsWith('Info');
        if (!isOfBuilds || method.endsWith('DiskUsage')) send(message());
        end(isOfBuilds ? status : 0);
      });
      const context = tempDir().path;
      writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\nCOPY a.txt /\n');
      writeFileSync(path.join(context, 'a.txt'), 'a\n');
      const builder = {
        identity: { id: 'one', kind: 'buildkit', client: 'buildctl', name: 'BuildKit', version: 'v0.33.0' },
        endpoint: buildkit.endpoint,
      } as const;
      const request = {
        ...{ context, dockerfile: path.join(context, 'Dockerfile') },
        ...{ buildArgs: new Map<string, string>(), tags: [] },
      };
      await using engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
      const { steps } = await engine.builds.status(builder, request);
      assert.equal(steps[1]?.reason.code, code);
    });
});
