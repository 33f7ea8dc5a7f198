// One of two processes that use a container at once: it writes files of its own, and takes turns with the other at a file
// that both write. Then it waits for all of the other's, and says what it sees.
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/engine/base/log.ts';
import type { LayerPath } from '../../src/engine/base/layerPath.ts';
import { createEngine } from '../../src/engine/engine.ts';

const [storeDirectory = '', id = '', me = '', other = '', count = '0', turn = '0'] = process.argv.slice(2);
const engine = createEngine({ log: silentLogger, storeDirectory });
const files = await engine.containers.open(id);
const turns = '/turns' as LayerPath;

for (let number = 0; number < Number(count); number++) {
  await files.writeFile(`/${me}-${number}` as LayerPath, Buffer.from(`${me} ${number}`));
  for (let text = await turnsSoFar(); text.length % 2 !== Number(turn); text = await turnsSoFar())
    await sleep(20);
  await files.writeFile(turns, Buffer.from(`${await turnsSoFar()}${me}`));
}
while ((await files.lookup(`/${other}-${Number(count) - 1}` as LayerPath)) === undefined) await sleep(20);
while ((await turnsSoFar()).length < 2 * Number(count)) await sleep(20);
const seen: string[] = [];
for (const { path, type } of await files.list('/' as LayerPath))
  if (type === 'file') seen.push(Buffer.from(await files.readFile(path, 1000)).toString());
process.stdout.write(JSON.stringify(seen));
await engine[Symbol.asyncDispose]();

async function turnsSoFar(): Promise<string> {
  return Buffer.from(await files.readFile(turns, 1000)).toString();
}
