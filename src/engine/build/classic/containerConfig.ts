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
  /** As JSON; empty when there is none. */
  readonly healthcheck: string;
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
  healthcheck: '',
};

/** Reads `Config` or `ContainerConfig` of an image, as an engine or an image's config has it. What is of another type is left out. */
export function parseContainerConfig(value: unknown): ContainerConfig {
  const fields = isRecord(value) ? value : {};
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
    healthcheck: isRecord(fields.Healthcheck) ? JSON.stringify(fields.Healthcheck) : '',
  };
}

/** The fields that the cache compares besides the command, by the name of the first that differs. */
export function firstDifference(one: ContainerConfig, other: ContainerConfig): ConfigField | undefined {
  return comparedFields.find((field) => !isEqual(one[field], other[field]));
}

export type ConfigField = (typeof comparedFields)[number];

const comparedFields = ['env', 'labels', 'exposedPorts', 'volumes', 'entrypoint', 'user'] as const;

type FieldValue = string | readonly string[] | ReadonlyMap<string, string> | ReadonlySet<string>;

function isEqual(one: FieldValue, other: FieldValue): boolean {
  return plain(one) === plain(other);
}

/** Lists keep their order, the others have none. */
function plain(value: FieldValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Map || value instanceof Set) return JSON.stringify([...value].map(String).sort());
  return JSON.stringify(value);
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
