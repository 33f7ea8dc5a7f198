import assert from 'node:assert/strict';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import {
  type EngineEndpoint,
  formatEndpoint,
  isRemote,
  parseEndpoint,
} from '../../../../src/engine/sources/dockerEngine/endpoint.ts';
import { sshArguments } from '../../../../src/engine/sources/dockerEngine/sshCommand.ts';

const understood: readonly (readonly [text: string, endpoint: EngineEndpoint, formatted?: string])[] = [
  ['unix:///var/run/docker.sock', { kind: 'unix', path: '/var/run/docker.sock' }],
  ['npipe:////./pipe/docker_engine', { kind: 'npipe', path: '\\\\.\\pipe\\docker_engine' }],
  ['tcp://engine:2375', { kind: 'tcp', host: 'engine', port: 2375 }],
  ['tcp://engine', { kind: 'tcp', host: 'engine', port: 2375 }, 'tcp://engine:2375'],
  ['tcp://[::1]:2375/', { kind: 'tcp', host: '::1', port: 2375 }, 'tcp://[::1]:2375'],
  ['http://127.0.0.1:80', { kind: 'tcp', host: '127.0.0.1', port: 80 }, 'tcp://127.0.0.1:80'],
  ['https://engine', { kind: 'tcp', host: 'engine', port: 2376, tls: {} }, 'tcp://engine:2376'],
  ['ssh://build', { kind: 'ssh', host: 'build' }],
  ['ssh://me@build:22', { kind: 'ssh', host: 'build', user: 'me', port: 22 }],
  [
    'ssh://core@127.0.0.1:38/run/user/501/podman/podman.sock',
    {
      kind: 'ssh',
      host: '127.0.0.1',
      user: 'core',
      port: 38,
      socketPath: '/run/user/501/podman/podman.sock',
    },
  ],
];

const refused = [
  '',
  'docker.sock',
  '/var/run/docker.sock',
  'fd://',
  'unix://docker.sock',
  'unix:///a\0b',
  'tcp://',
  'tcp://engine:99999',
  'tcp://engine/path',
  'tcp://me:secret@engine',
  'ssh://',
  'ssh://-oProxyCommand=id',
  'ssh://-l@build',
  'ssh://me@-oProxyCommand=id/',
  'ssh://me:secret@build',
  'ssh://a b',
  'ssh://build?x=1',
];

describe('The address of an engine', () => {
  for (const [text, endpoint, formatted] of understood)
    it(`understands ${text}`, () => {
      assert.deepEqual(parseEndpoint(text), endpoint);
      assert.equal(formatEndpoint(endpoint), formatted ?? text);
    });

  for (const text of refused)
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseEndpoint(text),
        (error) => {
          assert.ok(isEngineError(error, 'invalid-reference'), String(error));
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    });

  it('takes keys for TCP only, and none for http', () => {
    const tls = { ca: 'PEM' };
    assert.deepEqual(parseEndpoint('tcp://engine', tls), { kind: 'tcp', host: 'engine', port: 2376, tls });
    assert.deepEqual(parseEndpoint('http://engine', tls), { kind: 'tcp', host: 'engine', port: 2375 });
    assert.deepEqual(parseEndpoint('unix:///x', tls), { kind: 'unix', path: '/x' });
    assert.doesNotMatch(formatEndpoint(parseEndpoint('tcp://engine', tls)), /PEM/);
  });

  it('knows what may lead to another machine', () => {
    const remote = ['tcp://127.0.0.1:2375', 'ssh://build', 'npipe:////server/pipe/docker_engine'];
    for (const text of remote) assert.equal(isRemote(parseEndpoint(text)), true, text);
    for (const text of ['unix:///x', 'npipe:////./pipe/docker_engine'])
      assert.equal(isRemote(parseEndpoint(text)), false, text);
  });
});

describe('The command for ssh', () => {
  it('is that of docker’s own connection helper', () => {
    assert.deepEqual(sshArguments({ kind: 'ssh', host: 'build', user: 'me', port: 2222 }), [
      ...['-l', 'me', '-p', '2222', '-o', 'ConnectTimeout=30', '-T', '--', 'build'],
      'docker system dial-stdio',
    ]);
  });

  it('quotes a socket’s path for the far shell', () => {
    const endpoint = { kind: 'ssh', host: 'build', socketPath: "/run/it's; id" } as const;
    assert.equal(sshArguments(endpoint).at(-1), "docker --host 'unix:///run/it'\\''s; id' system dial-stdio");
    const plain = { ...endpoint, socketPath: '/run/podman.sock' };
    assert.equal(
      sshArguments(plain, 'podman').at(-1),
      'podman --url unix:///run/podman.sock system dial-stdio',
    );
  });

  it('refuses what ssh could take for an option', () => {
    const hostile: readonly EngineEndpoint[] = [
      { kind: 'ssh', host: '-oProxyCommand=id' },
      { kind: 'ssh', host: 'build', user: '-oProxyCommand=id' },
      { kind: 'ssh', host: 'build', identityFile: '-x' },
      { kind: 'ssh', host: '' },
      { kind: 'ssh', host: 'a\nb' },
    ];
    for (const endpoint of hostile)
      assert.throws(() => endpoint.kind === 'ssh' && sshArguments(endpoint), { code: 'invalid-reference' });
  });
});
