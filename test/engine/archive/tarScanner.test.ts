import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { xxhash128 } from 'hash-wasm';
import { extract } from 'tar-stream';
import { TarScanner } from '../../../src/engine/archive/tarScanner.ts';
import { scanTarHeaders } from '../../../src/engine/archive/scanTarHeaders.ts';
import { type CollectedEntry, collectTar, contentOf, sha256 } from '../../support/collectTar.ts';
import { fixture, unionCases } from '../../support/fixtures.ts';
import { Random } from '../../support/random.ts';
import { type TarEntrySpec, encodeEntry, encodeTar, header } from '../../support/tarBytes.ts';

interface GoEntry {
  readonly name: string;
  readonly link: string;
  readonly type: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly sec: number;
  readonly nsec: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly sha256?: string;
}

const byGo = JSON.parse(readFileSync(fixture('tar-by-go/expected.json'), 'utf8')) as Record<
  string,
  { readonly entries: readonly GoEntry[]; readonly error?: string }
>;

describe('TarScanner', () => {
  for (const [name, expected] of Object.entries(byGo))
    it(`reads ${name} as Go does, or reports its damage`, async () => {
      const tar = readFileSync(fixture('images/tar-split/archive-tar', name));
      for (const pieceSize of [tar.length, 512, 700, 1]) {
        const { entries, problems } = await collectTar(tar, pieceSize);
        if (expected.error !== undefined) assert.ok(problems.includes('tar-damaged'), 'reports damage');
        else assert.ok(!problems.includes('tar-damaged'), 'finds no damage');
        const upToDamage = expected.error === undefined ? entries : entries.slice(0, expected.entries.length);
        assert.deepEqual(
          upToDamage.map((entry) => asGo(tar, entry)),
          expected.entries.map(withoutNoise),
        );
      }
    });

  it('reads every layer of the union vectors alike in pieces of any size', async () => {
    for (const { id, tars } of unionCases())
      for (const tar of tars) {
        const whole = await collectTar(tar);
        assert.deepEqual(await collectTar(tar, 513), whole, id);
        assert.equal(whole.isDamaged, false, id);
      }
  });

  it('hashes contents, those of sparse files with their holes', async () => {
    const names = ['sparse-formats.tar', 'pax.tar', 'gnu-nil-sparse-hole.tar', 'xattrs.tar'];
    for (const name of names) {
      const tar = readFileSync(fixture('images/tar-split/archive-tar', name));
      for (const entry of (await collectTar(tar, 1000)).entries)
        if (entry.size > 0) assert.equal(entry.contentHash, await xxhash128(contentOf(tar, entry)), name);
    }
  });

  it('agrees with tar-stream on random ordinary tars', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const tar = encodeTar(randomEntries(new Random(seed)));
      const { entries, problems } = await collectTar(tar, 1 + ((seed * 97) % 3000));
      assert.deepEqual(problems, []);
      assert.deepEqual(
        entries.map((entry) => asTarStream(tar, entry)),
        await readByTarStream(tar),
        `seed ${seed}`,
      );
    }
  });

  it('finds the same by headers alone, without reading contents', async () => {
    const tar = encodeTar(randomEntries(new Random(5)));
    const names: string[] = [];
    let bytesRead = 0;
    const scanner = new TarScanner({
      entry: ({ name }) => void names.push(name),
      contentHash: () => {
        throw new Error('a hash without a hasher');
      },
      problem: (code) => {
        throw new Error(code);
      },
    });
    await scanTarHeaders(scanner, tar.length, (buffer, offset) => {
      bytesRead += Math.min(buffer.length, tar.length - offset);
      return tar.copy(buffer, 0, offset);
    });
    assert.deepEqual(
      names,
      (await collectTar(tar)).entries.map(({ name }) => name),
    );
    assert.equal(scanner.position, tar.length);
    assert.ok(bytesRead <= tar.length);
  });

  describe('where a tar ends', () => {
    const file = Buffer.concat(encodeEntry({ name: 'a', content: 'hello' }));
    const other = Buffer.concat(encodeEntry({ name: 'b', content: 'there' }));
    const zeros = (blocks: number): Buffer => Buffer.alloc(blocks * 512);
    const cases: readonly (readonly [title: string, tar: Buffer, names: string, isDamaged: boolean])[] = [
      ['two zero blocks', Buffer.concat([file, zeros(2)]), 'a', false],
      ['one zero block', Buffer.concat([file, zeros(1)]), 'a', false],
      ['no zero block', file, 'a', false],
      ['no padding either', file.subarray(0, 517), 'a', false],
      ['another tar behind', Buffer.concat([file, zeros(2), other]), 'a', false],
      ['garbage behind', Buffer.concat([file, zeros(2), Buffer.from('garbage')]), 'a', false],
      ['an entry behind one zero block', Buffer.concat([file, zeros(1), other]), 'a', true],
      ['within content', file.subarray(0, 515), 'a', true],
      ['within a header', Buffer.concat([file, other.subarray(0, 100)]), 'a', true],
      ['a wrong checksum', Buffer.concat([file, spoilt(other), file]), 'a', true],
      ['nothing', Buffer.alloc(0), '', false],
      ['no tar', Buffer.alloc(2048, 'x'), '', true],
    ];
    for (const [title, tar, names, isDamaged] of cases)
      it(title, async () => {
        const found = await collectTar(tar, 100);
        assert.equal(found.entries.map(({ name }) => name).join(), names);
        assert.equal(found.isDamaged, isDamaged);
        assert.equal(found.problems.includes('tar-damaged'), isDamaged);
        assert.equal(found.position, tar.length);
      });
  });

  it('ends within each block of a tar as it does at its damage, and keeps what came before', async () => {
    const tar = encodeTar(randomEntries(new Random(8)));
    const whole = await collectTar(tar);
    for (let length = 0; length < tar.length; length += 512) {
      const { entries } = await collectTar(tar.subarray(0, length));
      const known = whole.entries.slice(0, entries.length);
      assert.deepEqual(
        entries.map(({ name }) => name),
        known.map(({ name }) => name),
      );
    }
  });

  it('stops at metadata beyond its limits, whatever they claim, without allocating it', async () => {
    const claims = [2 ** 20 + 1, 8 ** 11 - 1];
    for (const typeflag of ['x', 'L', 'K'])
      for (const size of claims) {
        const tar = Buffer.concat([header({ name: 'm' }, size, typeflag), Buffer.alloc(4096, 'a')]);
        const before = process.memoryUsage().arrayBuffers;
        const { entries, isDamaged } = await collectTar(tar);
        assert.deepEqual([entries.length, isDamaged], [0, true]);
        assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 22);
      }
  });

  it('passes over a global header of any size and content', async () => {
    const tar = Buffer.concat([
      header({ name: 'g' }, 3 * 2 ** 20, 'g'),
      Buffer.alloc(3 * 2 ** 20, 'no records'),
      encodeTar([{ name: 'a', content: 'x' }]),
    ]);
    const { entries, problems } = await collectTar(tar);
    assert.deepEqual([entries.map(({ name }) => name), problems], [['a'], []]);
  });

  it('reports odd typeflags and takes their content as a file', async () => {
    const { entries, problems } = await collectTar(
      encodeTar([
        { name: 'seven', typeflag: '7', content: 'x' },
        { name: 'vendor', typeflag: 'Z', content: 'y' },
        { name: 'after', content: 'z' },
      ]),
    );
    assert.deepEqual(
      entries.map(({ name, size }) => [name, size]),
      [
        ['seven', 1],
        ['vendor', 1],
        ['after', 1],
      ],
    );
    assert.deepEqual(problems, ['unknown-typeflag', 'unknown-typeflag']);
  });

  it('survives a flipped bit in every byte of a small tar', async () => {
    const tar = encodeTar([
      { name: 'file', content: 'hello', xattrs: { 'user.a': 'b' }, mtime: '1700000000.5' },
      { name: 'x'.repeat(150), type: 'symlink', link: 'file' },
    ]);
    for (let at = 0; at < tar.length - 1024; at++) {
      const flipped = Buffer.from(tar);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      const { entries } = await collectTar(flipped);
      assert.ok(entries.length <= 2, `byte ${at}`);
    }
  });

  it('reads the small real layers of tar-split', async () => {
    const counts = [
      ['extranils.tar.gz', 1],
      ['notenoughnils.tar.gz', 1],
      ['iso-8859.tar.gz', 2],
      ['longlink.tar.gz', 18],
      ['fatlonglink.tar.gz', 22],
      ['t.tar.gz', 2],
    ] as const;
    for (const [name, count] of counts) {
      const { entries, problems } = await collectTar(
        gunzipSync(readFileSync(fixture('images/tar-split/asm', name))),
        4096,
      );
      assert.deepEqual([entries.length, problems], [count, []], name);
    }
  });
});

function asGo(tar: Buffer, entry: CollectedEntry): GoEntry {
  const xattrs = [...(entry.xattrs ?? [])].map(([key, value]) => [key, hex(value)] as const);
  const isSmall = entry.size > 0 && entry.size < 2 ** 20;
  return {
    name: hex(entry.name),
    link: hex(entry.linkName),
    type: entry.typeflag,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.size,
    sec: entry.mtimeSeconds,
    nsec: entry.mtimeNanoseconds,
    major: entry.deviceMajor,
    minor: entry.deviceMinor,
    ...(xattrs.length > 0 && { xattrs: Object.fromEntries(xattrs) }),
    sha256: isSmall ? sha256(contentOf(tar, entry)) : '',
  };
}

/** Go gives fields that say nothing for the type: a size of links, device numbers of files. */
function withoutNoise(entry: GoEntry): GoEntry {
  const isDevice = entry.type === 0x33 || entry.type === 0x34;
  const isLink = entry.type === 0x31 || entry.type === 0x32;
  const hasContent = entry.type === 0x30 || entry.type > 0x36;
  return {
    ...entry,
    sha256: entry.sha256 ?? '',
    ...(!isDevice && { major: 0, minor: 0 }),
    ...(!isLink && { link: '' }),
    ...(!hasContent && { size: 0, sha256: '' }),
  };
}

function hex(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('hex');
}

function spoilt(tar: Buffer): Buffer {
  const bytes = Buffer.from(tar);
  bytes[3] = 0x7a;
  return bytes;
}

function randomEntries(random: Random): readonly TarEntrySpec[] {
  const word = (length: number): string =>
    Array.from({ length: 1 + random.below(length) }, () =>
      random.pick(['a', 'b', 'é', '/x', '-', '한']),
    ).join('');
  return Array.from({ length: 40 }, (_, at): TarEntrySpec => {
    const name = `${at}/${word(random.chance(0.2) ? 200 : 20)}`;
    const owner = { uid: random.below(3e6), gid: random.below(100), mtime: random.below(2 ** 31) };
    if (random.chance(0.2)) return { name, ...owner, type: 'dir' };
    if (random.chance(0.2)) return { name, ...owner, type: 'symlink', link: word(120) };
    if (random.chance(0.1)) return { name, ...owner, type: 'hardlink', link: '0/a' };
    return { name, ...owner, content: random.bytes(random.pick([0, 1, 511, 512, 513, 9000])) };
  });
}

function asTarStream(tar: Buffer, entry: CollectedEntry): unknown {
  const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
  return {
    name: text(entry.name),
    link: text(entry.linkName),
    uid: entry.uid,
    gid: entry.gid,
    mode: entry.mode,
    mtime: entry.mtimeSeconds,
    content: sha256(contentOf(tar, entry)),
  };
}

async function readByTarStream(tar: Buffer): Promise<unknown[]> {
  const found: unknown[] = [];
  const stream = extract();
  stream.end(tar);
  for await (const entry of stream) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    const { header: read } = entry;
    found.push({
      name: read.name.replace(/(?<=.)\/$/, read.type === 'directory' ? '/' : ''),
      // Null where there is none, whatever the types say.
      link: [read.linkname].join(''),
      uid: read.uid,
      gid: read.gid,
      mode: read.mode,
      mtime: Math.floor(Number(read.mtime) / 1000),
      content: sha256(Buffer.concat(pieces)),
    });
  }
  return found;
}
