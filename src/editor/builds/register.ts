import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { askBuilder } from './askBuilder.ts';
import { BuildFailures } from './buildFailures.ts';
import { BuildOutput } from './buildOutput.ts';
import { changeBuild } from './changeBuild.ts';
import { buildImage } from './runBuild.ts';

/** Building images from Dockerfiles, and how they are built. */
export function registerBuilds(context: EditorContext, builds: DockerfileBuilds): CommandTable {
  const output = new BuildOutput();
  const failures = new BuildFailures();
  const parts = { builds, output, failures };
  context.subscriptions.push(
    output,
    failures,
    // The answer that follows a build takes the place of its rows.
    builds.states.onDidChange(({ fsPath }) => {
      if (builds.running.of(fsPath)?.isOver === true) builds.running.forget(fsPath);
    }),
  );
  return {
    'lamina.buildImage': (...args) => buildImage(parts, args),
    'lamina.askBuilder': (...args) => askBuilder(parts, args),
    'lamina.changeBuild': (...args) => changeBuild(builds, args),
    'lamina.showBuildLog': () => {
      output.show();
    },
  };
}
