import type { JsonObject } from '../../oci/json.ts';
import { asList, asObject } from '../../oci/json.ts';
import {
  countOf,
  descriptorOf,
  given,
  numberOf,
  objectOf,
  objectsOf,
  textMapOf,
  textOf,
  textsOf,
} from './answerFields.ts';
import type {
  ContainerChange,
  ContainerProcesses,
  ContainerState,
  EngineContainer,
  EngineContainerDetails,
  EngineMount,
  EnginePort,
} from './engineApi.ts';

/** `GET /containers/json`. */
export function parseContainers(value: unknown): readonly EngineContainer[] {
  return objectsOf(value).map(parseContainer);
}

/** One container of the list, or of disk usage. */
export function parseContainer(json: JsonObject): EngineContainer {
  return {
    id: textOf(json['Id']) ?? '',
    names: textsOf(json['Names']).map(withoutSlash),
    image: textOf(json['Image']) ?? '',
    imageId: textOf(json['ImageID']) ?? '',
    command: textOf(json['Command']) ?? '',
    createdSeconds: numberOf(json['Created']) ?? 0,
    state: stateOf(json['State']),
    status: textOf(json['Status']) ?? '',
    ports: objectsOf(json['Ports']).map(parsePort),
    labels: textMapOf(json['Labels']),
    networks: Object.keys(objectOf(objectOf(json['NetworkSettings'])['Networks'])),
    mounts: objectsOf(json['Mounts']).map(parseMount),
    ...given('writableBytes', countOf(json['SizeRw'])),
    ...given('rootBytes', countOf(json['SizeRootFs'])),
    ...given('imageManifest', descriptorOf(json['ImageManifestDescriptor'])),
  };
}

/** `GET /containers/{id}/json`. */
export function parseContainerDetails(value: unknown, bytes: Uint8Array): EngineContainerDetails {
  const json = objectOf(value);
  const state = objectOf(json['State']);
  const config = objectOf(json['Config']);
  return {
    id: textOf(json['Id']) ?? '',
    name: withoutSlash(textOf(json['Name']) ?? ''),
    image: textOf(config['Image']) ?? '',
    imageId: textOf(json['Image']) ?? '',
    created: textOf(json['Created']) ?? '',
    state: stateOf(state['Status']),
    ...given('exitCode', numberOf(state['ExitCode'])),
    ...given('pid', numberOf(state['Pid'])),
    ...given('startedAt', instantOf(state['StartedAt'])),
    ...given('finishedAt', instantOf(state['FinishedAt'])),
    ...given('health', textOf(objectOf(state['Health'])['Status'])),
    command: [textOf(json['Path']) ?? '', ...textsOf(json['Args'])].filter(
      (word, at) => at > 0 || word !== '',
    ),
    tty: config['Tty'] === true,
    opensStdin: config['OpenStdin'] === true,
    labels: textMapOf(config['Labels']),
    mounts: objectsOf(json['Mounts']).map(parseMount),
    ports: portsOf(objectOf(json['NetworkSettings'])['Ports']),
    ...given('writableBytes', countOf(json['SizeRw'])),
    ...given('rootBytes', countOf(json['SizeRootFs'])),
    json,
    bytes,
  };
}

/** `GET /containers/{id}/changes`: null when nothing changed. */
export function parseChanges(value: unknown): readonly ContainerChange[] {
  return objectsOf(value).map((json) => ({
    path: textOf(json['Path']) ?? '',
    kind: changeKind(json['Kind']),
  }));
}

/** `GET /containers/{id}/top`. */
export function parseProcesses(value: unknown): ContainerProcesses {
  const json = objectOf(value);
  return { titles: textsOf(json['Titles']), processes: asList(json['Processes']).map(textsOf) };
}

const states: readonly ContainerState[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
];

function stateOf(value: unknown): ContainerState {
  // Podman's own words for a container that was made and one that is about to end.
  if (value === 'configured' || value === 'initialized') return 'created';
  if (value === 'stopped' || value === 'stopping') return 'exited';
  return states.find((state) => state === value) ?? 'unknown';
}

/** The year 1 is how engines write "never". */
function instantOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text?.startsWith('0001-') === true ? undefined : text;
}

function changeKind(value: unknown): ContainerChange['kind'] {
  return value === 1 ? 'added' : value === 2 ? 'deleted' : 'modified';
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, '');
}

function parsePort(json: JsonObject): EnginePort {
  const hostPort = numberOf(json['PublicPort']);
  return {
    protocol: textOf(json['Type']) ?? 'tcp',
    containerPort: numberOf(json['PrivatePort']) ?? 0,
    // Podman writes 0 for a port that is not published.
    ...given('hostPort', hostPort === 0 ? undefined : hostPort),
    ...given('hostAddress', textOf(json['IP'])),
  };
}

/** Of inspect: `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "443/tcp": null}`. */
function portsOf(value: unknown): readonly EnginePort[] {
  return Object.entries(asObject(value) ?? {}).flatMap(([name, bindings]) => {
    const [number = '', protocol = 'tcp'] = name.split('/');
    const port = { protocol, containerPort: Number(number) || 0 };
    const published = objectsOf(bindings).map((binding) => ({
      ...port,
      ...given('hostPort', Number(binding['HostPort']) || undefined),
      ...given('hostAddress', textOf(binding['HostIp'])),
    }));
    return published.length > 0 ? published : [port];
  });
}

function parseMount(json: JsonObject): EngineMount {
  return {
    type: textOf(json['Type']) ?? '',
    ...given('name', textOf(json['Name'])),
    source: textOf(json['Source']) ?? '',
    destination: textOf(json['Destination']) ?? '',
    isWritable: json['RW'] === true,
  };
}
