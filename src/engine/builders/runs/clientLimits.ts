import { EngineError } from '../../base/errors.ts';
import type { BuilderIdentity } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';

/**
 * Refuses what a client's program, or the engine's API without one, has no option for: without it something else would be
 * built.
 *
 * @throws EngineError `unsupported`, which names the option.
 */
export function requireOptions({ kind, client }: BuilderIdentity, request: BuildRequest): void {
  const { noCacheFilter = [], namedContexts, cacheTo = [], secrets = [], ssh = [] } = request;
  const isApi = client === 'api';
  const isOld = isApi || client === 'docker-cli';
  const hasNoFilter = isOld || client === 'podman' || client === 'buildah';
  // What a program gives while it builds, an engine cannot ask for by its API.
  const hasNoSession = isApi || kind === 'classic';
  const lacking = [
    ...(isOld && (namedContexts?.size ?? 0) > 0 ? ['--build-context'] : []),
    ...(isOld && cacheTo.length > 0 ? ['--cache-to'] : []),
    ...(hasNoFilter && noCacheFilter.length > 0 ? ['--no-cache-filter'] : []),
    ...(hasNoSession && secrets.length > 0 ? ['--secret'] : []),
    ...(hasNoSession && ssh.length > 0 ? ['--ssh'] : []),
  ];
  const [option] = lacking;
  if (option === undefined) return;
  const who = isApi ? 'the engine’s API' : 'this builder’s client';
  const instead = isOld && kind !== 'buildah' ? '; docker with buildx has it' : '';
  throw new EngineError('unsupported', option, `${who} has no such option${instead}`);
}
