import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { buildImage } from '../support/buildImage.ts';
import { type ExpectedEntry, type UnionCase, unionCases } from '../support/fixtures.ts';
import { runLamina, runProgram } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';
import { writeOciArchive } from '../support/writeOciLayout.ts';

type Listed = Record<string, unknown> & { readonly sha256?: string; readonly type: string };

describe('the shared union vectors', () => {
  const directory = tempDir();
  const store = directory.file('store');
  const cases = unionCases();

  for (const unionCase of cases) {
    it(`${unionCase.id}: ${unionCase.title}`, async () => {
      const file = writeDockerArchive(buildImage(unionCase.tars), directory.file(`${unionCase.id}.tar`));
      const { code, stdout, stderr } = await runLamina(listing(`docker-archive:${file}`), { store });
      assert.equal(code, 0, stderr);
      assertTree(JSON.parse(stdout) as readonly Listed[], unionCase.expect.tree);
      assert.deepEqual(issuesOf(stderr), issuesExpected(unionCase));
    });
  }

  it('come out the same from gzip and zstd layers of an OCI archive, by the program itself', async () => {
    for (const compression of ['gzip', 'zstd'] as const) {
      for (const id of ['name-non-utf8', 'meta-xattrs', 'hl-to-lower']) {
        const unionCase = cases.find((candidate) => candidate.id === id)!;
        const image = buildImage(unionCase.tars, { compression });
        const file = writeOciArchive(image, directory.file(`${id}-${compression}.tar`));
        const { code, stdout, stderr } = await runProgram(listing(`oci-archive:${file}`), store);
        assert.equal(code, 0, stderr);
        assertTree(JSON.parse(stdout) as readonly Listed[], unionCase.expect.tree);
      }
    }
  }).timeout(60_000);

  function listing(image: string): readonly string[] {
    return ['ls', '-R', '--json', '--hash', '--verbose', image];
  }
});

/** Every field that a vector gives, and no other but those that are ours. */
function assertTree(listed: readonly Listed[], expected: readonly ExpectedEntry[]): void {
  assert.deepEqual(
    listed.map(({ path }) => path),
    expected.map(({ path }) => path),
  );
  for (const [at, entry] of listed.entries()) {
    const { layer, sha256, ...fields } = entry;
    const { data, sha256: expectedHash, ...expectedFields } = expected[at]!;
    assert.equal(typeof layer, 'number');
    assert.deepEqual(fields, expectedFields);
    if (entry.type === 'file') assert.equal(sha256, expectedHash ?? hashOf(data ?? ''));
  }
}

function issuesOf(stderr: string): readonly string[] {
  const codes = [...stderr.matchAll(/^lamina: warning: .*?: ([a-z-]+)(?:, .*)? \(layer \d+\)$/gm)].map(
    ([, code]) => code!,
  );
  return [...new Set(codes)].sort();
}

function issuesExpected({ expect }: UnionCase): readonly string[] {
  return [...new Set(expect.issues)].sort();
}

function hashOf(data: string): string {
  return createHash('sha256').update(data).digest('hex');
}
