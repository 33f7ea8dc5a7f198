import assert from 'node:assert/strict';
import { type Scene, tell } from './seenImage.ts';

const layer = { 'app/': '', 'app/sub/': '', 'app/sub/a.txt': 'hello\n' };

/** What an image says of a COPY from a context of which each build has all in a tar, and of one that is sent otherwise. */
async function told(
  context: NonNullable<Scene['context']>,
  created = '2100-01-01T00:00:00Z',
  source = 'src',
): Promise<readonly (string | undefined)[]> {
  const dockerfile = `FROM base\nCOPY ${source} /app\n`;
  const history = [[`COPY ${source} /app # buildkit`, layer]] as const;
  const scene = { dockerfile, history, context, created };
  const [sent, tar] = [await tell(scene), await tell({ ...scene, client: 'api' })];
  return [sent.states[0], tar.states[0]];
}

describe('A context that is sent as a tar', () => {
  it('is the same where all of it is as in the layer', async () => {
    assert.deepEqual(await told({ 'src/sub/a.txt': 'hello\n' }), ['same', 'same']);
  });

  it('has no bytes that are overlooked', async () => {
    const context = { 'src/sub/a.txt': 'olleh\n' };
    assert.deepEqual(await told(context), ['unknown same-size-and-time', 'rebuild files-changed']);
  });

  it('shows in no layer which mode the directory had that is copied', async () => {
    const context = { 'src/sub/a.txt': 'hello\n' };
    const before = '2001-01-01T00:00:00Z';
    assert.deepEqual(await told(context, before), ['same', 'unknown not-shown']);
    assert.deepEqual((await told(context, before, 's*'))[1], 'unknown not-shown');
    // That of the context itself is one in every tar.
    const [, root] = await told({ 'sub/a.txt': 'hello\n' }, before, '.');
    assert.equal(root, 'same');
  });
});
