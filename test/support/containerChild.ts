// A process that changes and commits a container until it is killed. It says each number once that it is acknowledged,
// with a system call of its own, so that what it has said is known however it ends.
import { writeSync } from 'node:fs';
import type { LayerPath } from '../../src/engine/base/layerPath.ts';
import { openSnapshotter } from '../../src/engine/snapshots/openSnapshotter.ts';
import { baseOf, lessonImage } from './containerFixture.ts';

const [directory = '', id = '', start = '0'] = process.argv.slice(2);
const snapshotter = await openSnapshotter(directory);
const container = await snapshotter.open(await snapshotter.find(id), baseOf(lessonImage));
for (let number = Number(start); ; number++) {
  const text = String(number).padEnd(100_000, '.');
  await container.writeFile('/html/index.html' as LayerPath, Buffer.from(text));
  await container.change((upper) => {
    // A folder that is there under one of two names.
    const [from, to] = number % 2 === 0 ? ['/etc', '/moved'] : ['/moved', '/etc'];
    upper.rename(from as LayerPath, to as LayerPath);
  });
  if (number % 5 === 4) await snapshotter.commit(container, { name: `commit:${number}` });
  writeSync(1, `${number}\n`);
}
