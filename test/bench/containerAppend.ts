import { createRequire } from 'node:module';
import path from 'node:path';
import type * as engineDoor from '../../src/engine/index.ts';

/*
 * Appends a line to a file of a container of the store, as a process of its own: `node containerAppend.ts BUNDLES STORE
 * CONTAINER PATH`. Prints how long the change itself took, in milliseconds.
 */
const [bundles = '', storeDirectory = '', name = '', file = ''] = process.argv.slice(2);
const door = createRequire(import.meta.url)(path.join(bundles, 'engine.js')) as typeof engineDoor;
const engine = door.createEngine({ storeDirectory, log: door.silentLogger, bundles, isAlone: true });
const { containers } = engine;
const files = await containers.open((await containers.find(name)).id);
const started = performance.now();
const line = await files.write(Buffer.from('one more line\n'));
await files.change((upper) => {
  upper.append(door.parseLayerPath(file), line);
});
console.log(performance.now() - started);
await engine[Symbol.asyncDispose]();
