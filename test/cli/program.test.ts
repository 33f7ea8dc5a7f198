import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuiltImage, buildImage } from '../support/buildImage.ts';
import { samplePath } from '../support/makeSample.ts';
import { runProgram, spawnLamina } from '../support/runLamina.ts';
import { Random } from '../support/random.ts';
import { header } from '../support/tarBytes.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';

// The program itself, as a process: what only a process has.
describe('the program', () => {
  const directory = tempDir();
  const store = directory.file('store');

  it('prints the answer to stdout alone, and ends with 0', async () => {
    const { code, stdout, stderr } = await runProgram(
      ['cat', `${samplePath}:hello-nginx:/etc/debian_version`],
      store,
    );
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '12.12\n', stderr: '' });
  });

  it('says one line of error on stderr, more with --verbose', async () => {
    const missing = await runProgram(['ls', './nowhere.tar'], store);
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /^lamina: [^\n]+\n$/);
    assert.match(
      (await runProgram(['ls', './nowhere.tar', '--verbose'], store)).stderr,
      /\n {2}because [^\n]*ENOENT/,
    );
  });

  it('knows its version', async () => {
    assert.match((await runProgram(['--version'], store)).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('ends quietly when nobody reads any more', async () => {
    const files = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`directory/file-${at}`, '']));
    const file = writeDockerArchive(buildImage([files]), directory.file('many.tar'));
    const child = spawnLamina(['ls', '-R', '--json', file], store);
    let stderr = '';
    child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.stdout?.once('data', () => child.stdout?.destroy());
    const [code] = (await once(child, 'close')) as [number];
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });

  for (const [where, extra] of [
    ['in place', 0],
    ['in a process of its own', 9 << 20],
  ] as const)
    it(`stops at Ctrl-C with 130 and leaves nothing half done, a layer being read ${where}`, async () => {
      const own = directory.file(`interrupted-${extra}`);
      const file = writeSlowImage(directory.file(`slow-${extra}.tar`), extra);
      const child = spawnLamina(['ls', file], own);
      const closed = once(child, 'close');
      while (!existsSync(path.join(own, 'indexes'))) await sleep(20);
      await sleep(300);
      const asked = Date.now();
      child.kill('SIGINT');
      const [code] = (await closed) as [number];
      assert.equal(code, 130);
      assert.ok(Date.now() - asked < 3000);
      assert.deepEqual(
        filesBelow(own).filter((name) => /\.(index|part|tmp)/.test(name)),
        [],
      );
    });
}).timeout(30_000);

/** An image whose layer takes many seconds to read although it is small: zeros, packed. */
function writeSlowImage(file: string, noise: number): string {
  const piece = 64 << 20;
  const count = 200;
  const zeros = gzipSync(Buffer.alloc(piece));
  const random = new Random(1).bytes(noise);
  const blob = Buffer.concat([
    gzipSync(Buffer.concat([header({ name: 'noise' }, noise, '0'), random])),
    gzipSync(header({ name: 'zeros' }, piece * count, '0')),
    ...Array.from({ length: count }, () => zeros),
  ]);
  const image = buildImage([{}], { compression: 'gzip' });
  const layer = image.layers[0]!;
  const slow: BuiltImage = { ...image, layers: [{ ...layer, blob }] };
  return writeDockerArchive(slow, file, { shape: 'kaniko' });
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' });
}
