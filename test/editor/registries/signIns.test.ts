import assert from 'node:assert/strict';
import { startRegistry } from '../../machine/registry.mjs';
import { MissingComponent } from '../../machine/missing.mjs';
import { isEngineError } from '../../../src/engine/index.ts';
import { realContext, type RealContext } from '../support/realContext.ts';

describe('signing in', () => {
  const auth = { user: 'ada', password: 'canary-7f3a' };
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let context: RealContext;
  before(async function () {
    this.timeout(60_000);
    registry = await startRegistry({ auth }).catch((error: unknown) => {
      if (error instanceof MissingComponent) this.skip();
      throw error;
    });
  });
  after(() => registry.stop());
  beforeEach(() => {
    context = realContext();
  });
  afterEach(() => context.dispose());

  it('opens what was closed, and closes again', async () => {
    const ping = (): Promise<void> => context.engine.registry(registry.host).ping();
    const refused = (error: unknown): boolean => isEngineError(error, 'unauthorized');
    await assert.rejects(ping(), refused);
    await context.signIns.keep(registry.host, {
      kind: 'basic',
      username: auth.user,
      password: auth.password,
    });
    await ping();
    await context.signIns.forget(registry.host);
    context.engine.registry(registry.host).close();
    await assert.rejects(ping(), refused);
  });

  it('keeps the password in the secret storage alone', async () => {
    await context.signIns.keep(registry.host, {
      kind: 'basic',
      username: auth.user,
      password: auth.password,
    });
    const kept = JSON.stringify(context.memory.keys().map((key) => context.memory.get(key)));
    assert.ok(kept.includes(registry.host));
    assert.ok(!kept.includes(auth.password));
    assert.deepEqual(await context.signIns.get(registry.host), {
      kind: 'basic',
      username: auth.user,
      password: auth.password,
    });
  });
});
