// A process that changes and commits a container until it is killed, with the whole engine: a thread packs what is
// committed. It says what it begins, and each number once that it is acknowledged, with a system call of its own, so that
// what it has said is known however it ends.
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LayerPath } from '../../src/engine/base/layerPath.ts';
import { silentLogger } from '../../src/engine/base/log.ts';
import { createEngine } from '../../src/engine/engine.ts';

const [storeDirectory = '', id = '', start = '0'] = process.argv.slice(2);
const bundles = fileURLToPath(new URL('../../src', import.meta.url));
const engine = createEngine({ log: silentLogger, storeDirectory, bundles });
const container = await engine.containers.open(id);
for (let number = Number(start); ; number++) {
  say(`write ${number}`);
  const text = String(number).padEnd(100_000, '.');
  await container.writeFile('/html/index.html' as LayerPath, Buffer.from(text));
  say(`rename ${number}`);
  await container.change((upper) => {
    // A folder that is there under one of two names.
    const [from, to] = number % 2 === 0 ? ['/etc', '/moved'] : ['/moved', '/etc'];
    upper.rename(from as LayerPath, to as LayerPath);
  });
  if (number % 2 === 1) {
    say(`commit ${number}`);
    await engine.containers.commit(id, { name: `commit:${number}` });
  }
  say(`done ${number}`);
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
