import path from 'node:path';
import type { DockerEngine } from '../machine/dockerEngines.mjs';
import { ensureGoTool } from '../machine/goTools.mjs';
import { run } from '../machine/processes.mjs';

/** How `docker image history` is asked, and how Lamina is asked the same. */
export const historyForms: readonly (readonly string[])[] = [
  [],
  ['--no-trunc'],
  ['--human=false'],
  ['--no-trunc', '--human=false'],
  ['-q'],
  ['-q', '--no-trunc'],
  ['--format', 'json'],
  ['--format', 'json', '--no-trunc', '--human=false'],
];

/** An engine asked by the CLI of its own time. */
export class DockerAnswers {
  readonly #engine: DockerEngine;
  readonly #cli: string;

  private constructor(engine: DockerEngine, cli: string) {
    this.#engine = engine;
    this.#cli = cli;
  }

  static async of(engine: DockerEngine): Promise<DockerAnswers> {
    return new DockerAnswers(engine, path.join(await ensureGoTool('docker'), 'docker'));
  }

  ask(args: readonly string[]): Promise<string> {
    return run(this.#cli, args, { env: { ...this.#engine.env, TZ: process.env['TZ'] } });
  }

  /** An answer with the times between which it was given. */
  async timed(
    args: readonly string[],
  ): Promise<{ readonly answer: string; readonly asked: Date; readonly answered: Date }> {
    const asked = new Date();
    const answer = await this.ask(args);
    return { answer, asked, answered: new Date() };
  }

  /** Leaves the engine with the images of one archive, and returns their IDs. */
  async loadAlone(archive: string): Promise<readonly string[]> {
    await this.#empty();
    await this.ask(['load', '-i', archive]);
    return this.#ids();
  }

  async #empty(): Promise<void> {
    // An image goes only after those built on it.
    for (let ids = await this.#ids(); ids.length > 0; ids = await this.#ids())
      await this.ask(['image', 'rm', '-f', ...ids]).catch(() => undefined);
  }

  async #ids(): Promise<readonly string[]> {
    const ids = await this.ask(['image', 'ls', '-aq', '--no-trunc']);
    return [...new Set(ids.split('\n').filter(Boolean))];
  }
}

/**
 * What `docker image inspect` prints of one image without the members that only an engine has, line by line, so that
 * nothing else about the text changes.
 */
export function withoutEngineMembers(inspected: string): string {
  const members = inspected.split(/\n(?= {8}"| {4}[}\]])/);
  const kept = members.filter((member) => !/^ {8}"(?:GraphDriver|Metadata|Identity)":/.test(member));
  const last = kept.length - 2;
  return kept.map((member, at) => (at === last ? member.replace(/,$/, '') : member)).join('\n');
}
