import { EngineError } from '../../base/errors.ts';
import type { BuilderIdentity } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';

/**
 * Refuses what a client's program has no option for: without it something else would be built.
 *
 * @throws EngineError `unsupported`, which names the option.
 */
export function requireOptions({ kind, client }: BuilderIdentity, request: BuildRequest): void {
  const { noCacheFilter = [], namedContexts, cacheTo = [], secrets = [], ssh = [] } = request;
  const isOldCli = client === 'docker-cli';
  const hasNoFilter = isOldCli || client === 'podman' || client === 'buildah';
  const lacking = [
    ...(isOldCli && (namedContexts?.size ?? 0) > 0 ? ['--build-context'] : []),
    ...(isOldCli && cacheTo.length > 0 ? ['--cache-to'] : []),
    ...(hasNoFilter && noCacheFilter.length > 0 ? ['--no-cache-filter'] : []),
    ...(kind === 'classic' && secrets.length > 0 ? ['--secret'] : []),
    ...(kind === 'classic' && ssh.length > 0 ? ['--ssh'] : []),
  ];
  const [option] = lacking;
  if (option === undefined) return;
  const instead = isOldCli || kind === 'classic' ? '; docker with buildx has it' : '';
  throw new EngineError('unsupported', option, `this builder’s client has no such option${instead}`);
}
