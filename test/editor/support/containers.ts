import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import {
  createEngine,
  type Engine,
  silentLogger,
  type StoreContainerFiles,
} from '../../../src/engine/index.ts';
import { type BuiltImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';

/** A container of the installed extension's store, and the hands of somebody else on it. */
export interface OtherHands {
  readonly id: string;
  readonly name: string;
  /** The container as another process has it: it shares only the disk with the extension. */
  readonly files: StoreContainerFiles;
  readonly engine: Engine;
}

const engines: Engine[] = [];

/** Takes an image into the store of the installed extension and makes a container of it. */
export async function createContainer(image: BuiltImage, name?: string): Promise<OtherHands> {
  const engine = otherEngine();
  const source = await engine.open(writeDockerArchive(image, tempDir().file('image.tar')));
  const [entry] = await source.list();
  assert.ok(entry !== undefined, 'the archive holds an image');
  const { target, name: imageName } = await engine.store.import(source, entry, undefined);
  const request = { manifest: target.digest, ...(imageName !== undefined && { imageName }) };
  const { id, name: given } = await engine.containers.create({ ...request, ...(name && { name }) });
  return { id, name: given, files: await engine.containers.open(id), engine };
}

/** An engine of its own on the store of the installed extension. */
export function otherEngine(): Engine {
  const extension = vscode.extensions.getExtension('lamina.lamina');
  assert.ok(extension !== undefined, 'the extension is installed');
  const engine = createEngine({
    log: silentLogger,
    storeDirectory: storeDirectory(),
    bundles: join(extension.extensionPath, 'dist'),
  });
  engines.push(engine);
  return engine;
}

/** For an `after` hook. */
export async function closeOtherEngines(): Promise<void> {
  for (const engine of engines.splice(0)) await engine[Symbol.asyncDispose]();
}

/** Where the installed extension has its store. */
export function storeDirectory(): string {
  const directory = process.env['LAMINA_STORE'];
  assert.ok(directory !== undefined, 'the suite names the store');
  return directory;
}

/** A file of a container, as a tab names it. */
export function containerUri(id: string, path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: 'lamina-container', authority: id, path });
}
