import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { silentLogger } from '../../../../src/engine/base/log.ts';
import { createEngine } from '../../../../src/engine/engine.ts';
import type { Engine } from '../../../../src/engine/engineContract.ts';
import { type FakeBuildkit, message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
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
      await using engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
      assert.equal(await reasonOfCopy(engine, buildkit), code);
    });

  it('has it said so where another question that it answers comes between', async () => {
    const held: (() => void)[] = [];
    let lists = 0;
    await using buildkit = await startFakeBuildkit(({ method, send, end }) => {
      if (method.endsWith('ListenBuildHistory')) held.push(end);
      else if (method.endsWith('DiskUsage') && ++lists === 1) end(13);
      else {
        send(message());
        end();
      }
    });
    await using engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
    const first = reasonOfCopy(engine, buildkit);
    await until(() => lists === 1);
    const second = reasonOfCopy(engine, buildkit);
    await until(() => lists === 2);
    for (const end of held) end();
    assert.deepEqual(await Promise.all([first, second]), ['evidence-not-readable', 'never-built']);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(5);
}

/** Of the one COPY of a new Dockerfile. */
async function reasonOfCopy({ builds }: Engine, { endpoint }: FakeBuildkit): Promise<string | undefined> {
  const context = tempDir().path;
  writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\nCOPY a.txt /\n');
  writeFileSync(path.join(context, 'a.txt'), 'a\n');
  const identity = {
    id: 'one',
    kind: 'buildkit',
    client: 'buildctl',
    name: 'BuildKit',
    version: 'v0.33.0',
  } as const;
  const request = {
    ...{ context, dockerfile: path.join(context, 'Dockerfile') },
    ...{ buildArgs: new Map<string, string>(), tags: [] },
  };
  const { steps } = await builds.status({ identity, endpoint }, request);
  return steps[1]?.reason.code;
}
