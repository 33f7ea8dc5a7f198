import { EngineError } from '../../base/errors.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { numberOf, objectOf, textOf, textsOf } from './answerFields.ts';
import type { CreatedContainer } from './engineApi.ts';
import { type EngineCall, type EngineCalls, pathPart, type Query } from './engineCalls.ts';
import type { EngineClient, StopOption } from './engineClient.ts';
import { parseChanges, parseContainerDetails, parseContainers, parseProcesses } from './parseContainers.ts';

type ContainerCalls = Pick<
  EngineClient,
  | 'listContainers'
  | 'inspectContainer'
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'restartContainer'
  | 'killContainer'
  | 'pauseContainer'
  | 'unpauseContainer'
  | 'removeContainer'
  | 'renameContainer'
  | 'waitContainer'
  | 'resizeContainer'
  | 'topContainer'
  | 'containerChanges'
  | 'commitContainer'
>;

/** What moves files or waits for a container's end takes as long as it takes. */
const patientMs = 10 * 60_000;

/** What is asked about containers, and what is done to them. */
export function containerCalls(calls: EngineCalls): ContainerCalls {
  const post = async (
    id: string,
    action: string,
    options: StopOption | undefined,
    query?: Query,
    more?: Partial<EngineCall>,
  ): Promise<void> => {
    const path = `/containers/${pathPart(id)}/${action}`;
    await calls.bytes({ method: 'POST', path, query, signal: options?.signal, idleMs: patientMs, ...more });
  };
  return {
    listContainers: async ({ signal, all, size, filters } = {}) => {
      const query = { all, size, filters };
      return parseContainers(
        await calls.json({ path: '/containers/json', query, signal, idleMs: patientMs }),
      );
    },
    inspectContainer: async (id, { signal, size } = {}) => {
      const path = `/containers/${pathPart(id)}/json`;
      const bytes = await calls.bytes({ path, query: { size }, signal, ...(size && { idleMs: patientMs }) });
      return parseContainerDetails(calls.parse(bytes, path), bytes);
    },
    createContainer: async (spec, { signal, name, platform } = {}) => {
      const query = { name, platform: platform && formatPlatform(platform) };
      const call = { method: 'POST', path: '/containers/create', query, json: spec, signal } as const;
      return toCreated(await calls.json({ ...call, idleMs: patientMs }));
    },
    startContainer: (id, options) => post(id, 'start', options),
    stopContainer: (id, options) => post(id, 'stop', options, { t: options?.graceSeconds }),
    restartContainer: (id, options) => post(id, 'restart', options, { t: options?.graceSeconds }),
    killContainer: (id, options) => post(id, 'kill', options, { signal: options?.signalName }),
    pauseContainer: (id, options) => post(id, 'pause', options),
    unpauseContainer: (id, options) => post(id, 'unpause', options),
    removeContainer: async (id, { signal, force, volumes } = {}) => {
      const call = { method: 'DELETE', path: `/containers/${pathPart(id)}`, idleMs: patientMs } as const;
      await calls.bytes({ ...call, query: { force, v: volumes }, signal });
    },
    renameContainer: (id, name, options) => post(id, 'rename', options, { name }),
    waitContainer: async (id, { signal } = {}) => {
      const path = `/containers/${pathPart(id)}/wait`;
      const answer = objectOf(await calls.json({ method: 'POST', path, signal, idleMs: undefined }));
      const failure = textOf(objectOf(answer['Error'])['Message']);
      if (failure !== undefined) throw new EngineError('refused', calls.subject, failure);
      return numberOf(answer['StatusCode']) ?? 0;
    },
    resizeContainer: (id, columns, rows, options) => post(id, 'resize', options, { w: columns, h: rows }),
    topContainer: async (id, { signal } = {}) => {
      const { kind } = await calls.negotiated();
      // Docker runs ps on its machine. Podman runs it in the container, which may lack it, unless columns are named.
      const query = kind === 'podman' ? { ps_args: 'user,pid,ppid,etime,args' } : {};
      return parseProcesses(await calls.json({ path: `/containers/${pathPart(id)}/top`, query, signal }));
    },
    containerChanges: async (id, { signal } = {}) => {
      const path = `/containers/${pathPart(id)}/changes`;
      return parseChanges(await calls.json({ path, signal, idleMs: patientMs }));
    },
    commitContainer: async (id, options = {}) => {
      const { signal, repository, tag, comment, author, pause, changes } = options;
      const words = { comment, author, changes, pause: pause === false ? 'false' : undefined };
      const query = { container: id, repo: repository, tag, ...words };
      const call = { method: 'POST', path: '/commit', query, json: {}, signal } as const;
      return toCreated(await calls.json({ ...call, idleMs: undefined })).id;
    },
  };
}

function toCreated(value: unknown): CreatedContainer {
  const json = objectOf(value);
  return { id: textOf(json['Id']) ?? textOf(json['ID']) ?? '', warnings: textsOf(json['Warnings']) };
}
