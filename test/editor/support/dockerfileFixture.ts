import * as vscode from 'vscode';
import { createDockerfileBuilds, type DockerfileBuilds } from '../../../src/editor/dockerfileBuilds.ts';
import { FakeBuilds } from './fakeBuilds.ts';
import { FakeEngine } from './fakeEngine.ts';
import { MemoryOnly, realContext, type RealContext } from './realContext.ts';

/** What the features for Dockerfiles work with, beside an engine and a builder that a test plays. */
export interface DockerfileFixture {
  readonly context: RealContext;
  readonly engine: FakeEngine;
  readonly fake: FakeBuilds;
  readonly builds: DockerfileBuilds;
  close(): Promise<void>;
}

export async function openDockerfileFixture(): Promise<DockerfileFixture> {
  const engine = new FakeEngine();
  await engine.start();
  const context = realContext(new MemoryOnly(), { engines: [engine.location] });
  const fake = new FakeBuilds();
  const builds = createDockerfileBuilds(context, {
    builds: () => fake,
    findBuilds: () => Promise.resolve([]),
    memory: new MemoryOnly(),
    settleMs: 20,
  });
  return {
    context,
    engine,
    fake,
    builds,
    async close() {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await context.dispose();
      await engine.stop();
    },
  };
}
