import type { JsonObject } from '../../oci/json.ts';
import { asList } from '../../oci/json.ts';
import { normalizePlatform } from '../../oci/platform.ts';
import { isAtLeast, type Negotiated } from './apiVersion.ts';
import { given, numberOf, objectOf, objectsOf, textMapOf, textOf, textsOf } from './answerFields.ts';
import type { EngineCapabilities, EngineEvent, EngineInfo, EngineVersion } from './engineApi.ts';

/** `GET /version`. */
export function parseVersion(value: unknown): EngineVersion {
  const json = objectOf(value);
  const components = objectsOf(json['Components']).map((each) => ({
    name: textOf(each['Name']) ?? '',
    version: textOf(each['Version']) ?? '',
  }));
  return {
    kind: components.some(({ name }) => name.startsWith('Podman')) ? 'podman' : 'docker',
    version: textOf(json['Version']) ?? '',
    apiVersion: textOf(json['ApiVersion']) ?? '',
    ...given('minApiVersion', textOf(json['MinAPIVersion'])),
    os: textOf(json['Os']) ?? '',
    architecture: textOf(json['Arch']) ?? '',
    ...given('kernelVersion', textOf(json['KernelVersion'])),
    components,
  };
}

/** `GET /info`. */
export function parseInfo(value: unknown): EngineInfo {
  const json = objectOf(value);
  const driverStatus = asList(json['DriverStatus']).map((pair): readonly [string, string] => {
    const [name = '', text = ''] = asList(pair).map(String);
    return [name, text];
  });
  const isContainerd = (text: string): boolean => text.startsWith('io.containerd.snapshotter');
  return {
    id: textOf(json['ID']) ?? '',
    name: textOf(json['Name']) ?? '',
    serverVersion: textOf(json['ServerVersion']) ?? '',
    operatingSystem: textOf(json['OperatingSystem']) ?? '',
    osType: textOf(json['OSType']) ?? 'linux',
    architecture: textOf(json['Architecture']) ?? '',
    cpuCount: numberOf(json['NCPU']) ?? 0,
    memoryBytes: numberOf(json['MemTotal']) ?? 0,
    driver: textOf(json['Driver']) ?? '',
    driverStatus,
    usesContainerdStore: driverStatus.some(([name, text]) => name === 'driver-type' && isContainerd(text)),
    isRootless: textsOf(json['SecurityOptions']).some((option) => option.includes('name=rootless')),
    ...given('rootDirectory', textOf(json['DockerRootDir'])),
    ...countsOf(json),
    warnings: textsOf(json['Warnings']),
    json,
  };
}

export function deriveCapabilities({ kind, apiVersion }: Negotiated, info: EngineInfo): EngineCapabilities {
  const isDocker = kind === 'docker';
  const from = (floor: string): boolean => isDocker && isAtLeast(apiVersion, floor);
  const imageStore = !isDocker ? 'podman' : info.usesContainerdStore ? 'containerd' : 'classic';
  return {
    kind,
    apiVersion,
    imageStore,
    platform: normalizePlatform({ os: info.osType, architecture: info.architecture }),
    takesPlatform: from('1.48'),
    inspectTakesPlatform: from('1.49'),
    takesPlatforms: from('1.52'),
    tellsManifests: imageStore === 'containerd' && from('1.47'),
    countsContainers: !isDocker || from('1.51'),
  };
}

/** One message of `GET /events`; old engines put type and action elsewhere, and Podman has no `scope`. */
export function parseEvent(value: unknown): EngineEvent {
  const json = objectOf(value);
  const actor = objectOf(json['Actor']);
  const nanoseconds = numberOf(json['timeNano']);
  return {
    type: textOf(json['Type']) ?? '',
    action: textOf(json['Action']) ?? textOf(json['status']) ?? '',
    id: textOf(actor['ID']) ?? textOf(json['id']) ?? '',
    attributes: textMapOf(actor['Attributes']),
    timeMs: nanoseconds === undefined ? (numberOf(json['time']) ?? 0) * 1000 : Math.floor(nanoseconds / 1e6),
  };
}

function countsOf(json: JsonObject): Pick<EngineInfo, 'imageCount' | 'containerCount' | 'runningCount'> {
  return {
    imageCount: numberOf(json['Images']) ?? 0,
    containerCount: numberOf(json['Containers']) ?? 0,
    runningCount: numberOf(json['ContainersRunning']) ?? 0,
  };
}
