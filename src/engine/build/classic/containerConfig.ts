import type { Healthcheck } from '../createdBy/healthcheck.ts';

/**
 * What of a container's config counts for the classic builder's cache (moby, `image/cache/compare.go`), and what acts on
 * later instructions. Values are of Docker's form, not of OCI's.
 */
export interface ContainerConfig {
  readonly cmd: readonly string[];
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** `80/tcp` */
  readonly exposedPorts: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  readonly user: string;
  readonly workingDirectory: string;
  readonly shell: readonly string[];
  readonly onbuild: readonly string[];
  readonly stopSignal: string;
  readonly healthcheck?: Healthcheck;
}

export const emptyConfig: ContainerConfig = {
  cmd: [],
  entrypoint: [],
  env: [],
  labels: new Map(),
  exposedPorts: new Set(),
  volumes: new Set(),
  user: '',
  workingDirectory: '',
  shell: [],
  onbuild: [],
  stopSignal: '',
};

type RawConfig = Readonly<
  Partial<
    Record<
      | 'Cmd'
      | 'Entrypoint'
      | 'Env'
      | 'Labels'
      | 'ExposedPorts'
      | 'Volumes'
      | 'User'
      | 'WorkingDir'
      | 'Shell'
      | 'OnBuild'
      | 'StopSignal'
      | 'Healthcheck',
      unknown
    >
  >
>;
type RawHealthcheck = Readonly<
  Partial<Record<'Test' | 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval' | 'Retries', unknown>>
>;

/** Reads `Config` or `ContainerConfig` of an image, as an engine or an image's config has it. What is of another type is left out. */
export function parseContainerConfig(value: unknown): ContainerConfig {
  const fields: RawConfig = isRecord(value) ? value : {};
  return {
    cmd: textsOf(fields.Cmd),
    entrypoint: textsOf(fields.Entrypoint),
    env: textsOf(fields.Env),
    labels: new Map(
      Object.entries(isRecord(fields.Labels) ? fields.Labels : {}).map(([key, text]) => [key, String(text)]),
    ),
    exposedPorts: namesOf(fields.ExposedPorts),
    volumes: namesOf(fields.Volumes),
    user: textOf(fields.User),
    workingDirectory: textOf(fields.WorkingDir),
    shell: textsOf(fields.Shell),
    onbuild: textsOf(fields.OnBuild),
    stopSignal: textOf(fields.StopSignal),
    ...(isRecord(fields.Healthcheck) && { healthcheck: toHealthcheck(fields.Healthcheck) }),
  };
}

function toHealthcheck(fields: RawHealthcheck): Healthcheck {
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    test: textsOf(fields.Test),
    interval: number(fields.Interval),
    timeout: number(fields.Timeout),
    startPeriod: number(fields.StartPeriod),
    startInterval: number(fields.StartInterval),
    retries: number(fields.Retries),
  };
}

/**
 * The first field that differs of those that the cache compares besides the command.
 *
 * @param comparesAll as engines from 24.0.9 and 25.0.2 on.
 */
export function firstDifference(
  one: ContainerConfig,
  other: ContainerConfig,
  comparesAll: boolean,
): ConfigField | undefined {
  const fields: readonly ConfigField[] = comparesAll ? allFields : comparedFields;
  return fields.find((field) => plain(one[field]) !== plain(other[field]));
}

export type ConfigField = keyof ContainerConfig;

const comparedFields = ['env', 'labels', 'exposedPorts', 'volumes', 'entrypoint', 'user'] as const;
const allFields = [
  ...comparedFields,
  ...(['workingDirectory', 'shell', 'onbuild', 'stopSignal', 'healthcheck'] as const),
];

/** Lists keep their order, the others have none. */
function plain(value: ContainerConfig[ConfigField]): string {
  if (value === undefined) return '';
  if (!(value instanceof Map) && !(value instanceof Set)) return JSON.stringify(value);
  return JSON.stringify(Array.from(value, (each) => JSON.stringify(each)).sort());
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function namesOf(value: unknown): ReadonlySet<string> {
  return new Set(isRecord(value) ? Object.keys(value) : []);
}
