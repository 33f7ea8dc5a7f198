import assert from 'node:assert/strict';
import path from 'node:path';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { ContextRequest } from '../../../src/engine/build/contextHash/contextRequest.ts';
import type { ContextWork } from '../../../src/engine/build/contextHash/contextWork.ts';
import { ContextWatches } from '../../../src/engine/builders/watchContexts.ts';

const context: ContextRequest = { directory: path.resolve('/work/app') };

function setUp(): { readonly watches: ContextWatches; readonly done: string[] } {
  const done: string[] = [];
  const counts = Promise.resolve({ files: 0, hashed: 0, hashedBytes: 0 });
  const contexts: Pick<ContextWork, 'changed' | 'refresh'> = {
    changed: (_, paths) => {
      done.push(`changed ${paths.join(' ')}`);
      return counts;
    },
    refresh: () => {
      done.push('refresh');
      return counts;
    },
  };
  return { watches: new ContextWatches(contexts, silentLogger), done };
}

describe('Contexts that are looked after', () => {
  it('are looked at whole while nobody does', async () => {
    const { watches, done } = setUp();
    await watches.bringUpToDate(context);
    await watches.bringUpToDate(context);
    assert.deepEqual(done, ['refresh', 'refresh']);
  });

  it('are looked at whole once, then where they changed', async () => {
    const { watches, done } = setUp();
    const told = new Promise<void>((resolve) => {
      watches.add(context.directory, resolve, 'host');
    });
    await watches.bringUpToDate(context);
    await watches.bringUpToDate(context);
    watches.changed([
      path.join(context.directory, 'a', 'b'),
      path.resolve('/work/application'),
      path.resolve('/x'),
    ]);
    await told;
    await watches.bringUpToDate(context);
    await watches.bringUpToDate(context);
    assert.deepEqual(done, ['refresh', 'changed a/b']);
  });

  it('are forgotten with the last who does', async () => {
    const { watches, done } = setUp();
    const [one, other] = [1, 2].map(() => watches.add(context.directory, () => undefined, 'host'));
    await watches.bringUpToDate(context);
    one?.dispose();
    await watches.bringUpToDate(context);
    other?.dispose();
    await watches.bringUpToDate(context);
    assert.deepEqual(done, ['refresh', 'refresh']);
  });
});
