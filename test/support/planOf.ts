import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages } from '../../src/engine/build/dockerfile/readStages.ts';
import type { BaseImage, BuildPlan, PlanRequest } from '../../src/engine/build/plan/buildPlan.ts';
import { planBuild } from '../../src/engine/build/plan/planBuild.ts';

/** What a test asks for besides the Dockerfile. */
export interface PlanSettings {
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  /** By the name that a plan gives: `docker.io/library/base:latest`. */
  readonly images?: Readonly<Record<string, Partial<BaseImage>>>;
  readonly contexts?: Readonly<Record<string, string>>;
}

const amd64 = { os: 'linux', architecture: 'amd64' };
const bareImage: BaseImage = {
  env: [],
  workingDirectory: '',
  user: '',
  shell: [],
  onbuild: [],
  hasLayers: true,
};

/** The plan of a Dockerfile on linux/amd64. */
export function planOf(
  text: string,
  { target, args = {}, images = {}, contexts = {} }: PlanSettings = {},
): BuildPlan {
  const dockerfile = parseDockerfile(text);
  const request: PlanRequest = {
    buildArgs: new Map(Object.entries(args)),
    namedContexts: new Map(Object.entries(contexts)),
    platform: amd64,
    buildPlatform: amd64,
    baseImage: (name) => (images[name] === undefined ? undefined : { ...bareImage, ...images[name] }),
    ...(target !== undefined && { target }),
  };
  return planBuild(readStages(dockerfile), dockerfile.escape, request);
}
