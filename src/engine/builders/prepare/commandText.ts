import path from 'node:path';
import type { BuilderIdentity } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { requestFlags } from '../runs/clientCommand.ts';

/** The command of a build as a person would type it in the context's folder. */
export function commandText(identity: BuilderIdentity, request: BuildRequest): string {
  const words = [...commandsOf(identity), ...flagsOf(identity, request), '.'];
  return words.map(quoted).join(' ');
}

function commandsOf({ kind, client }: BuilderIdentity): readonly string[] {
  if (client === 'buildctl') return ['buildctl', 'build', '--frontend=dockerfile.v0'];
  if (client === 'buildah') return ['buildah', 'build', '--layers'];
  if (client === 'podman' || kind === 'buildah') return ['podman', '--remote', 'build'];
  const isOld = client === 'docker-cli';
  if (kind === 'classic') return ['DOCKER_BUILDKIT=0', 'docker', 'build'];
  return isOld ? ['DOCKER_BUILDKIT=1', 'docker', 'build'] : ['docker', 'build'];
}

/** The Dockerfile's name is left out where every client looks by itself. */
function flagsOf(identity: BuilderIdentity, request: BuildRequest): readonly string[] {
  const relative = path.relative(request.context, request.dockerfile);
  const flags = requestFlags(identity, { ...request, dockerfile: relative });
  return relative === 'Dockerfile' ? flags.filter((flag) => flag !== '--file=Dockerfile') : flags;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
