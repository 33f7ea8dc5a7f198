import assert from 'node:assert/strict';
import type { BuilderIdentity } from '../../../../src/engine/build/builder.ts';
import type { BuildRequest } from '../../../../src/engine/build/buildRequest.ts';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { clientArguments } from '../../../../src/engine/builders/runs/clientCommand.ts';
import { requireOptions } from '../../../../src/engine/builders/runs/clientLimits.ts';

const request: BuildRequest = {
  context: '/work/app',
  dockerfile: '/work/app/Dockerfile',
  target: 'build',
  buildArgs: new Map([['V', '--x']]),
  tags: ['app:1'],
  noCache: true,
  network: 'host',
  addHosts: ['a:1.2.3.4'],
};

function argumentsFor(kind: BuilderIdentity['kind'], client: BuilderIdentity['client']): readonly string[] {
  const options = { idFile: '/tmp/id', address: 'unix:///run/buildkit.sock' };
  return clientArguments({ id: 'x', name: 'x', kind, client }, request, options);
}

describe('The command of a build', () => {
  const common = [
    ...['--file=/work/app/Dockerfile', '--tag=app:1', '--target=build', '--build-arg=V=--x', '--no-cache'],
    ...['--network=host', '--add-host=a:1.2.3.4', '--iidfile=/tmp/id', '--', '/work/app'],
  ];

  it('is the one of docker, with the progress that its client has', () => {
    assert.deepEqual(argumentsFor('buildkit', 'buildx'), ['build', '--progress=rawjson', ...common]);
    assert.deepEqual(argumentsFor('buildkit', 'docker-cli'), ['build', '--progress=plain', ...common]);
    assert.deepEqual(argumentsFor('classic', 'docker-cli'), ['build', ...common]);
    assert.deepEqual(argumentsFor('buildah', 'buildah'), [
      ...['build', '--layers', '--force-rm'],
      // With it, buildah does not tell the images of its steps.
      ...common.filter((each) => each !== '--iidfile=/tmp/id'),
    ]);
  });

  it('leaves no image behind when it only asks, where there is a way', () => {
    const options = { idFile: '/tmp/id', makesNoImage: true };
    const endOf = (kind: BuilderIdentity['kind'], client: BuilderIdentity['client']): string | undefined =>
      clientArguments({ id: 'x', name: 'x', kind, client }, request, options).at(-3);
    assert.equal(endOf('buildkit', 'buildx'), '--output=type=cacheonly');
    assert.equal(endOf('buildkit', 'docker-cli'), '--output=type=cacheonly');
    assert.equal(endOf('classic', 'docker-cli'), '--iidfile=/tmp/id');
  });

  it('is put in the words of the frontend for buildctl', () => {
    assert.deepEqual(argumentsFor('buildkit', 'buildctl'), [
      ...['--addr=unix:///run/buildkit.sock', 'build', '--progress=rawjson', '--frontend=dockerfile.v0'],
      ...['--local=context=/work/app', '--local=dockerfile=/work/app', '--opt=filename=Dockerfile'],
      ...[
        '--opt=target=build',
        '--opt=no-cache=',
        '--opt=force-network-mode=host',
        '--opt=add-hosts=a=1.2.3.4',
      ],
      ...['--opt=build-arg:V=--x', '--output=type=image,name=app:1', '--metadata-file=/tmp/id'],
    ]);
  });

  it('is refused where the client has no option for what is asked', () => {
    const refusal = (client: BuilderIdentity['client'], more: Partial<BuildRequest>): string | undefined => {
      try {
        requireOptions({ id: 'x', name: 'x', kind: 'buildkit', client }, { ...request, ...more });
        return undefined;
      } catch (error) {
        assert.ok(isEngineError(error, 'unsupported'));
        return error.subject;
      }
    };
    const namedContexts = new Map([['extra', '/extra']]);
    assert.equal(refusal('docker-cli', {}), undefined);
    assert.equal(refusal('docker-cli', { namedContexts }), '--build-context');
    assert.equal(refusal('docker-cli', { cacheTo: ['type=local,dest=/c'] }), '--cache-to');
    assert.equal(refusal('podman', { noCacheFilter: ['build'] }), '--no-cache-filter');
    assert.equal(refusal('podman', { namedContexts }), undefined);
    assert.equal(refusal('api', { noCacheFilter: ['build'] }), '--no-cache-filter');
    assert.equal(refusal('api', { secrets: ['id=key,src=/key'] }), '--secret');
    assert.equal(refusal('buildx', { namedContexts, noCacheFilter: ['build'] }), undefined);
  });
});
