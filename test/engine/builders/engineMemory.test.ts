import assert from 'node:assert/strict';
import { EventEmitter } from '../../../src/engine/base/event.ts';
import { EngineMemory } from '../../../src/engine/builders/engineMemory.ts';
import type { EngineNews, EngineState } from '../../../src/engine/sources/dockerEngine/engineEvents.ts';

describe('What an engine said a moment ago', () => {
  function setUp(kind: 'connected' | 'connecting' = 'connected'): {
    readonly memory: EngineMemory;
    readonly news: EventEmitter<EngineNews>;
    readonly ask: () => Promise<number>;
  } {
    const news = new EventEmitter<EngineNews>();
    const state = { kind } as EngineState;
    let asked = 0;
    const memory = new EngineMemory({ onNews: news.event, state });
    return { memory, news, ask: () => memory.remember('question', () => Promise.resolve(++asked)) };
  }

  it('is asked each time while nobody looks', async () => {
    const { ask } = setUp();
    assert.deepEqual([await ask(), await ask()], [1, 2]);
  });

  it('is kept while somebody looks, until there is news', async () => {
    const { memory, news, ask } = setUp();
    const [hold, other] = [memory.hold(), memory.hold()];
    assert.deepEqual([await ask(), await ask()], [1, 1]);
    news.fire({ kind: 'resync' });
    assert.deepEqual([await ask(), await ask()], [2, 2]);
    hold.dispose();
    hold.dispose();
    assert.equal(await ask(), 2);
    other.dispose();
    assert.deepEqual([await ask(), await ask()], [3, 4]);
  });

  it('is not kept while events do not come', async () => {
    const { memory, ask } = setUp('connecting');
    memory.hold();
    assert.deepEqual([await ask(), await ask()], [1, 2]);
  });

  it('is not kept of a question during which there was news', async () => {
    const { memory, news, ask } = setUp();
    memory.hold();
    await memory.remember('question', () => {
      news.fire({ kind: 'resync' });
      return Promise.resolve(0);
    });
    assert.equal(await ask(), 1);
  });

  it('keeps no failure', async () => {
    const { memory, ask } = setUp();
    memory.hold();
    await assert.rejects(memory.remember('question', () => Promise.reject(new Error('no'))));
    assert.equal(await ask(), 1);
  });
});
