import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { entryIn } from '../../../../src/engine/startWork.ts';
import type { LayerPath } from '../../../../src/engine/base/layerPath.ts';
import type { ContentSelection } from '../../../../src/engine/build/cache/vertex.ts';
import { type ContentSource, contentDigest } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { matchedSource } from '../../../../src/engine/build/contentKey/matchedSource.ts';
import type { ContextRequest } from '../../../../src/engine/build/contextHash/contextRequest.ts';
import { OpenContexts } from '../../../../src/engine/build/contextHash/openContexts.ts';
import {
  contextWorkBeside,
  contextWorkInPlace,
  type ContextWork,
} from '../../../../src/engine/build/contextHash/contextWork.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { type ContentLiteral, contentTree } from '../../../support/contentTree.ts';
import { encodeTar } from '../../../support/tarBytes.ts';
import { tempDir } from '../../../support/tempDir.ts';

const rules = keyFormatOf('0.33');
const worker = entryIn(path.join(import.meta.dirname, '../../../../src'), 'worker');
/** Seconds since 1970. */
const written = 1_000_000_000;
const literal = { 'a.txt': 'hello\n', 'src/one': '1', 'src/two': '22', 'skip/big': 'big' };
const all = select({ path: '/' as LayerPath });

for (const [where, start] of [
  ['in place', contextWorkInPlace],
  ['beside', (records: string) => contextWorkBeside(worker, records)],
] as const)
  describe(`Build contexts, hashed ${where}`, function () {
    this.timeout(60_000);
    let records: string;
    let directory: string;
    let context: ContextRequest;
    let work: ContextWork;
    beforeEach(async () => {
      records = tempDir().path;
      directory = tempDir().path;
      context = { directory };
      write(literal);
      // What was just written is not believed to be settled.
      await setTimeout(30);
      work = start(records);
    });
    afterEach(() => work[Symbol.asyncDispose]());

    it('are told by their keys', async () => {
      assert.equal(await keyOf(all), digestOf(literal));
      const texts = select(
        matchedSource('/*.txt' as LayerPath),
        matchedSource('/src' as LayerPath, { exclude: ['two'] }),
      );
      assert.equal(await keyOf(texts), contentDigest(contentTree(literal), texts.sources, rules));
    });

    it('are believed to be as they were until changes are told', async () => {
      await keyOf(all);
      write({ 'src/one': 'one' });
      assert.equal(await keyOf(all), digestOf(literal));
      assert.deepEqual(await work.changed(context, ['src/one']), { files: 1, hashed: 1, hashedBytes: 3 });
      assert.equal(await keyOf(all), digestOf({ ...literal, 'src/one': 'one' }));
      write({ 'src/new': '' });
      assert.equal((await work.refresh(context)).files, 5);
      assert.equal(await keyOf(all), digestOf({ ...literal, 'src/one': 'one', 'src/new': '' }));
    });

    it('tell what is in an archive, and that other files are none', async () => {
      const tar = encodeTar([
        { name: './d/f', content: 'f', mtime: 7 },
        { name: 'd/', type: 'dir' },
      ]);
      for (const [name, bytes] of [
        ['t.tar', tar],
        ['t.tgz', gzipSync(tar)],
      ] as const)
        writeFileSync(path.join(directory, name), bytes);
      const sha256 = createHash('sha256').update('f').digest('hex');
      const members = (source: string): Promise<unknown> =>
        work.view(context).members(select({ path: source as LayerPath }));
      const all = [{ path: 'd/f', size: 1, mtimeSeconds: 7, sha256 }];
      assert.deepEqual(await members('/t.tar'), all);
      assert.deepEqual(await members('/t.tgz'), all);
      assert.equal(await members('/a.txt'), undefined);
      assert.equal(await members('/src'), undefined);
    });

    it('leave out what the ignore file says', async () => {
      await keyOf(all);
      context = { directory, ignoreFile: '# none\nskip\n' };
      const kept = Object.entries(literal).filter(([name]) => name !== 'skip/big');
      assert.equal(await keyOf(all), digestOf(Object.fromEntries(kept)));
      context = { directory, ignoreFile: '[\n' };
      await assert.rejects(keyOf(all), { code: 'invalid-path', subject: '[' });
    });

    it('remember what was uploaded', async () => {
      await work.keepUpload(context, { name: 'first', selections: [all] });
      write({ 'a.txt': 'HELLO\n', 'src/one': 'one', 'skip/more': '' });
      await work.refresh(context);
      const view = work.view(context, 'first');
      const [answer] = await view.contents([all], rules);
      assert.deepEqual(answer?.unseen, [{ path: 'a.txt', change: 'content' }]);
      assert.equal(answer.counted, digestOf({ ...literal, 'src/one': 'one', 'skip/more': '' }));
      assert.deepEqual(await view.differences(all, 'first'), [
        { path: 'skip/more', change: 'added' },
        { path: 'src/one', change: 'content' },
      ]);
      assert.equal(await view.differences(all, 'none'), undefined);
      await work.keepUpload(context, { name: 'second', lastUpload: 'first', selections: [all] });
      await renew();
      const [later] = await work.view(context, 'second').contents([all], rules);
      assert.deepEqual(later, answer);
      assert.equal((await work.view(context, 'second').differences(all, 'first'))?.length, 2);
    });

    it('list their files', async () => {
      const many = Object.fromEntries(Array.from({ length: 2100 }, (_, at) => [`many/${at}`, `${at}`]));
      write(many);
      const files = await work.view(context).files(select({ path: '/many' as LayerPath }));
      assert.equal(files.length, 2101);
      assert.deepEqual(new Set(files.map(({ path: name }) => name)).size, 2101);
      assert.equal(files[1]?.sha256, '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9');
    });

    it('can be left', async () => {
      const stop = AbortSignal.abort();
      await assert.rejects(work.view(context).contents([all], rules, { signal: stop }), {
        code: 'cancelled',
      });
      assert.equal(await keyOf(all), digestOf(literal));
    });

    it('say when they are not there', async () => {
      context = { directory: path.join(directory, 'none') };
      await assert.rejects(keyOf(all), { code: 'not-found' });
      context = { directory: path.join(directory, 'a.txt') };
      await assert.rejects(keyOf(all), { code: 'not-a-directory' });
    });

    async function keyOf(selection: ContentSelection): Promise<string | undefined> {
      const [answer] = await work.view(context).contents([selection], rules);
      assert.equal(answer?.actual, answer?.counted);
      return answer?.actual;
    }

    async function renew(): Promise<void> {
      await work[Symbol.asyncDispose]();
      work = start(records);
    }

    function write(files: Readonly<Record<string, string>>): void {
      for (const [name, text] of Object.entries(files)) {
        const file = path.join(directory, name);
        mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
        writeFileSync(file, text, { mode: 0o644 });
        utimesSync(file, written, written);
      }
    }
  });

describe('Records of build contexts', () => {
  it('save hashing in the next session', async () => {
    const [records, { path: directory }] = [tempDir().path, tempDir()];
    writeFileSync(path.join(directory, 'a'), 'a');
    await setTimeout(30);
    assert.deepEqual(await hashedIn(records, { directory }), 1);
    assert.deepEqual(await hashedIn(records, { directory }), 0);
    // With another ignore file too.
    assert.deepEqual(await hashedIn(records, { directory, ignoreFile: 'b' }), 0);
    for (const name of readdirSync(path.join(records, 'v3')))
      writeFileSync(path.join(records, 'v3', name), readFileSync(path.join(records, 'v3', name)).subarray(1));
    assert.deepEqual(await hashedIn(records, { directory }), 1);
  });

  it('are written anew only where they say something else, or are damaged', async () => {
    const [records, { path: directory }] = [tempDir().path, tempDir()];
    writeFileSync(path.join(directory, 'a'), 'a');
    await setTimeout(30);
    assert.equal(await hashedIn(records, { directory }), 1);
    const [name = ''] = readdirSync(path.join(records, 'v3'));
    const file = path.join(records, 'v3', name);
    const { ino } = statSync(file);
    assert.equal(await hashedIn(records, { directory }), 0);
    assert.equal(statSync(file).ino, ino);
    writeFileSync(path.join(directory, 'b'), 'b');
    await setTimeout(30);
    assert.equal(await hashedIn(records, { directory }), 1);
    assert.notEqual(statSync(file).ino, ino);
    truncateSync(file, statSync(file).size - 1);
    assert.equal(await hashedIn(records, { directory }), 2);
    assert.equal(await hashedIn(records, { directory }), 0);
  });

  async function hashedIn(records: string, context: ContextRequest): Promise<number> {
    await using contexts = new OpenContexts(records);
    return await contexts.use(context, undefined, async (open) => (await open.context.scan()).hashed);
  }
});

function digestOf(files: ContentLiteral): string {
  return contentDigest(contentTree(files), all.sources, rules);
}

function select(...sources: readonly ContentSource[]): ContentSelection {
  return { id: JSON.stringify(sources), origin: { kind: 'context' }, sources };
}
