import { isEngineError } from '../../../src/engine/base/errors.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { BuilderKind } from '../../../src/engine/build/builder.ts';
import type { BuildRow } from '../../../src/engine/builders/builds.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import type { CaseLetter } from '../buildCases.ts';
import { tempDir } from '../tempDir.ts';
import type { CaseAnswer, CaseBuilder } from './caseBuilder.ts';
import type { DockerfileStep } from './dockerfileSteps.ts';
import { lettersOfRows, rowOf, type ShownRow } from './letters.ts';

/**
 * A builder as its engine's API alone has it. No program builds so: Lamina does, and of what it told of the build only the
 * builder's own words count.
 *
 * @param other the same builder by a program, for all but building.
 */
export function byApi(other: CaseBuilder, socket: string, kind: BuilderKind): CaseBuilder {
  const env = { ...other.door?.env, PATH: '' };
  const engine = createEngine({
    log: silentLogger,
    storeDirectory: tempDir().file('store'),
    environment: env,
  });
  return {
    ...other,
    // What the cases expect was seen of clients with a session, or without the Dockerfile in the context.
    keys: [],
    needsDockerfileInContext: kind === 'buildkit',
    door: { socket, env, kind, client: 'api' },
    build: async (request, { push, tar_owner: tarOwner }): Promise<CaseAnswer | undefined> => {
      if (push !== undefined || tarOwner !== undefined) return undefined;
      const builders = await engine.builds.builders({ kind: 'unix', path: socket });
      const builder = builders.find(({ identity }) => identity.kind === kind && identity.client === 'api');
      if (builder === undefined) throw new Error(`no ${kind} by the API of ${socket}`);
      try {
        const { failure, rows } = await engine.builds.build(builder, request);
        return { isBuilt: failure === undefined, output: JSON.stringify(rows) };
      } catch (error) {
        if (isEngineError(error, 'unsupported')) return undefined;
        throw error;
      }
    },
    letters: (steps, { output }) => {
      const rows = (JSON.parse(output) as readonly BuildRow[]).filter(({ state }) => state !== 'waiting');
      return kind === 'buildkit' ? lettersOfRows(steps, rows.flatMap(shownRow)) : lettersOf(steps, rows);
    },
    stop: async () => {
      await engine[Symbol.asyncDispose]();
      await other.stop();
    },
  };
}

function shownRow({ name, state }: BuildRow): readonly ShownRow[] {
  const row = rowOf(name);
  return row === undefined ? [] : [{ row, isCached: state === 'cached', isSource: false }];
}

/** Of builders that number all instructions of the file. */
function lettersOf(steps: readonly DockerfileStep[], rows: readonly BuildRow[]): readonly CaseLetter[] {
  return steps.map(({ name, stage }, at) => {
    const row = rows.find(({ instruction }) => instruction === at);
    if (stage < 0) return '-';
    if (row === undefined) return 'S';
    return name === 'FROM' ? 'F' : row.state === 'cached' ? 'C' : 'R';
  });
}
