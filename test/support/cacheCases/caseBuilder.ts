import type { BuildClient, BuilderKind } from '../../../src/engine/build/builder.ts';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import type { finish } from '../../machine/processes.mjs';
import type { CaseBuild, CaseLetter } from '../buildCases.ts';
import type { DockerfileStep } from './dockerfileSteps.ts';

/** How the product finds a builder: by its engine's address and the programs of an environment. */
export interface BuilderDoor {
  /** Undefined of a builder without an engine. */
  readonly socket?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly kind: BuilderKind;
  readonly client: BuildClient;
  /** Where the engine's own list of builders does not have it. */
  readonly program?: string;
}

/** A real builder with the client in front of it. */
export interface CaseBuilder {
  readonly door?: BuilderDoor;
  /** What RUN gets unless a case says otherwise: engines of tests have no network of their own. */
  readonly network?: string;
  /** It reads the Dockerfile out of the context, wherever cases have it. */
  readonly needsDockerfileInContext?: boolean;
  /** In the cases' expectations, the exact one first. */
  readonly keys: readonly string[];
  /** Undefined where the client has no way to say it; a failure has no letters either. */
  build(request: BuildRequest, options: CaseBuild): Promise<CaseAnswer | undefined>;
  letters(steps: readonly DockerfileStep[], answer: CaseAnswer): readonly CaseLetter[];
  /** Takes an image into the engine's own store, where there is one. */
  pull(name: string): Promise<void>;
  /** Forgets names of images; what is cached stays. */
  forget(names: readonly string[]): Promise<void>;
  /** Forgets all that is cached; false where that cannot be. */
  prune(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface CaseAnswer {
  readonly isBuilt: boolean;
  readonly output: string;
}

/** How a program that builds ended, with all that it printed. */
export async function answerOf(result: ReturnType<typeof finish>): Promise<CaseAnswer> {
  const { code, stdout, stderr } = await result;
  return { isBuilt: code === 0, output: stdout + stderr };
}
