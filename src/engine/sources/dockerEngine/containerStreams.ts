import { EngineError } from '../../base/errors.ts';
import { fromText } from '../../base/layerPath.ts';
import { objectOf, numberOf, textOf } from './answerFields.ts';
import { demultiplexOutput } from './demultiplexOutput.ts';
import type { ExecSpec, OutputChunk } from './engineApi.ts';
import { type EngineCalls, pathPart } from './engineCalls.ts';
import type { EngineClient, LogOptions } from './engineClient.ts';
import { toSeconds } from './instants.ts';
import { parsePathStat } from './pathStat.ts';

type ContainerStreams = Pick<
  EngineClient,
  | 'logs'
  | 'attachContainer'
  | 'createExec'
  | 'startExec'
  | 'inspectExec'
  | 'resizeExec'
  | 'statArchive'
  | 'getArchive'
  | 'putArchive'
  | 'exportContainer'
>;

/** What goes into a container and comes out of it: output, terminals and files. */
export function containerStreams(calls: EngineCalls): ContainerStreams {
  return {
    logs: (id, options) => readLogs(calls, id, options),
    attachContainer: (id, { signal, stdin, logs } = {}) => {
      const query = { stream: true, stdout: true, stderr: true, stdin, logs };
      return calls.upgrade({ method: 'POST', path: `/containers/${pathPart(id)}/attach`, query, signal });
    },
    createExec: async (id, spec, { signal } = {}) => {
      const path = `/containers/${pathPart(id)}/exec`;
      return (
        textOf(objectOf(await calls.json({ method: 'POST', path, json: toExec(spec), signal }))['Id']) ?? ''
      );
    },
    startExec: (execId, { signal, tty = false } = {}) => {
      const path = `/exec/${pathPart(execId)}/start`;
      return calls.upgrade({ method: 'POST', path, json: { Detach: false, Tty: tty }, signal });
    },
    inspectExec: async (execId, { signal } = {}) => {
      const json = objectOf(await calls.json({ path: `/exec/${pathPart(execId)}/json`, signal }));
      const [exitCode, pid] = [numberOf(json['ExitCode']), numberOf(json['Pid'])];
      return {
        isRunning: json['Running'] === true,
        ...(exitCode !== undefined && { exitCode }),
        ...(pid !== undefined && { pid }),
      };
    },
    resizeExec: async (execId, columns, rows, { signal } = {}) => {
      const query = { w: columns, h: rows };
      await calls.bytes({ method: 'POST', path: `/exec/${pathPart(execId)}/resize`, query, signal });
    },
    ...archiveCalls(calls),
  };
}

type ArchiveCalls = Pick<ContainerStreams, 'statArchive' | 'getArchive' | 'putArchive' | 'exportContainer'>;

function archiveCalls(calls: EngineCalls): ArchiveCalls {
  const pathOf = (id: string): string => `/containers/${pathPart(id)}/archive`;
  return {
    statArchive: async (id, path, { signal } = {}) => {
      const query = { path: bytesOf(path) };
      const call = { method: 'HEAD', path: pathOf(id), query, signal, idleMs: 60_000 } as const;
      const { headers, body } = await calls.stream(call);
      body.resume();
      const stat = parsePathStat(headers['x-docker-container-path-stat']);
      if (stat === undefined)
        throw new EngineError('refused', calls.subject, `it does not tell what ${path} is`);
      return stat;
    },
    getArchive: async (id, path, { signal } = {}) => {
      const call = { path: pathOf(id), query: { path: bytesOf(path) }, signal };
      const { headers, body } = await calls.stream(call);
      const stat = parsePathStat(headers['x-docker-container-path-stat']);
      return { body, ...(stat !== undefined && { stat }) };
    },
    putArchive: async (id, path, tar, { signal, keepsType, copiesOwners } = {}) => {
      const query = { path: bytesOf(path), noOverwriteDirNonDir: keepsType, copyUIDGID: copiesOwners };
      const headers = { 'Content-Type': 'application/x-tar' };
      await calls.bytes({
        method: 'PUT',
        path: pathOf(id),
        query,
        headers,
        body: tar,
        signal,
        idleMs: undefined,
      });
    },
    exportContainer: async (id, { signal } = {}) =>
      (await calls.stream({ path: `/containers/${pathPart(id)}/export`, signal })).body,
  };
}

/** The bytes of a path that is written as {@link fromText} takes it. */
function bytesOf(path: string): Uint8Array {
  return Buffer.from(fromText(path), 'latin1');
}

async function* readLogs(
  calls: EngineCalls,
  id: string,
  { signal, follow, tail, timestamps, sinceMs }: LogOptions = {},
): AsyncGenerator<OutputChunk> {
  const path = `/containers/${pathPart(id)}`;
  // Only from API 1.42 on the answer's type tells frames from the bytes of a TTY.
  const config = objectOf(objectOf(await calls.json({ path: `${path}/json`, signal }))['Config']);
  const query = { stdout: true, stderr: true, follow, tail, timestamps, since: toSeconds(sinceMs) };
  const { body } = await calls.stream({ path: `${path}/logs`, query, signal });
  if (config['Tty'] !== true) yield* demultiplexOutput(body, calls.subject);
  else for await (const bytes of body as AsyncIterable<Uint8Array>) yield { stream: 'stdout', bytes };
}

function toExec({ command, tty = false, stdin = false, env, user, workingDirectory }: ExecSpec): object {
  return {
    ...{ Cmd: command, Tty: tty, AttachStdin: stdin, AttachStdout: true, AttachStderr: true },
    ...{ Env: env, User: user, WorkingDir: workingDirectory },
  };
}
