import assert from 'node:assert/strict';
import { type Scene, tell } from './seenImage.ts';

const dockerfile = 'FROM base\nCOPY src /app\n';
const history: Scene['history'] = [
  ['COPY src /app # buildkit', { 'app/': '', 'app/sub/': '', 'app/sub/a.txt': 'hello\n' }],
];

/** What an image says of a COPY from a context of which each build has all in a tar, and of one that is sent otherwise. */
async function told(
  context: NonNullable<Scene['context']>,
  created = '2100-01-01T00:00:00Z',
): Promise<readonly (string | undefined)[]> {
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
    assert.deepEqual(await told(context, '2001-01-01T00:00:00Z'), ['same', 'unknown not-shown']);
  });
});
