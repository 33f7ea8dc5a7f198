import assert from 'node:assert/strict';
import type { ListedRecord, SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { atOnce } from '../../../../src/engine/base/pieces.ts';
import { recordBuild } from '../../../../src/engine/build/cache/recordBuild.ts';
import { listsUnseen } from '../../../../src/engine/build/cache/unseenRecords.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { parseDiffId, parseDigest } from '../../../../src/engine/oci/digest.ts';
import { planOf } from '../../../support/planOf.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image = () =>
  ({ kind: 'known', manifest: parseDigest(digest), diffIds: [parseDiffId(digest)] }) as const;

const base: ListedRecord = record('base', [], 'pulled from docker.io/library/base:latest@sha256:00');

describe('What a builder lists of a build that nobody has seen', () => {
  it('is a command of now where another one was seen', () => {
    const listed = [
      base,
      record('one', ['base'], 'mount / from exec /bin/sh -c one'),
      record('two', ['base'], 'mount / from exec /bin/sh -c two'),
    ];
    const now = 'FROM base\nRUN one\n';
    assert.equal(lists(listed, now, 'FROM base\nRUN two\n'), true);
    assert.equal(lists(listed, now, now), false);
    assert.equal(lists(listed.slice(0, 1), now, 'FROM base\nRUN two\n'), false);
  });

  it('may be files that were copied, which old lists do not tell apart', () => {
    const text = 'FROM base\nCOPY a /a\n';
    const copied = [base, record('one', ['base'], 'fileop target')];
    assert.equal(lists(copied, text, text), false);
    assert.equal(lists([...copied, record('two', ['base'], 'fileop target')], text, text), true);
  });
});

function record(id: string, parents: readonly string[], description: string): ListedRecord {
  return { id, parents, description, type: 'regular', sizeBytes: 0 };
}

/** @param seen the Dockerfile of the only build that was seen. */
function lists(listed: readonly ListedRecord[], now: string, seen: string): boolean {
  const { keyed, plan } = keysOf(now);
  return atOnce(listsUnseen(listed, { keyed, plan }, [builtOf(seen)]));
}

function builtOf(text: string): SeenBuild {
  const { keyed, plan } = keysOf(text);
  const build = { dockerfile: parseDockerfile(text), plan, image };
  return atOnce(recordBuild(keyed, build, new Map(), { builtAt: 0 }));
}

function keysOf(text: string): {
  readonly keyed: ReturnType<typeof keyBuild>;
  readonly plan: ReturnType<typeof planOf>;
} {
  const plan = planOf(text, { images: { 'docker.io/library/base:latest': {} } });
  const request = { context: '/c', dockerfile: '/c/Dockerfile', buildArgs: new Map(), tags: [] };
  return { plan, keyed: keyBuild({ plan, request, image }, keyFormatOf('0.33.0')) };
}
