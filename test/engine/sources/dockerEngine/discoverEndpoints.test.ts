import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { discoverEndpoints } from '../../../../src/engine/sources/dockerEngine/discoverEndpoints.ts';
import type { Discovery, DiscoveryPlace } from '../../../../src/engine/sources/dockerEngine/discovery.ts';
import { formatEndpoint } from '../../../../src/engine/sources/dockerEngine/endpoint.ts';
import { type TempDir, tempDir } from '../../../support/tempDir.ts';

describe('The discovery of engines', () => {
  let machine: TempDir;
  let servers: Server[];
  beforeEach(() => {
    machine = tempDir();
    servers = [];
  });
  afterEach(() => {
    for (const server of servers) server.close();
    machine[Symbol.dispose]();
  });

  const file = (name: string, text: string): string => {
    const path = machine.file(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const listen = async (name: string): Promise<string> => {
    const path = machine.file(name);
    mkdirSync(dirname(path), { recursive: true });
    const server = createServer(() => assert.fail('it was connected to'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return path;
  };
  const context = (name: string, docker: object, tls: Readonly<Record<string, string>> = {}): string => {
    const id = createHash('sha256').update(name).digest('hex');
    for (const [key, text] of Object.entries(tls))
      file(`home/.docker/contexts/tls/${id}/docker/${key}`, text);
    const meta = { Name: name, Metadata: {}, Endpoints: { docker } };
    return file(`home/.docker/contexts/meta/${id}/meta.json`, JSON.stringify(meta));
  };
  const discover = (more: Partial<DiscoveryPlace> = {}): Promise<Discovery> =>
    discoverEndpoints({
      env: {},
      home: machine.file('home'),
      platform: 'linux',
      root: machine.path,
      userId: 1000,
      ...more,
    });

  it('names the default socket when nothing is there', async () => {
    assert.deepEqual(lines(await discover(), machine), ['* Docker unix:///var/run/docker.sock']);
  });

  it('finds sockets of all kinds, and takes no file for one', async () => {
    await listen('var/run/docker.sock');
    await listen('run/user/1000/docker.sock');
    await listen('run/user/1000/podman/podman.sock');
    await listen('home/.colima/default/docker.sock');
    await listen('home/.colima/work/docker.sock');
    await listen('home/.lima/docker/sock/docker.sock');
    await listen('home/.rd/docker.sock');
    file('home/.orbstack/run/docker.sock', 'no socket');
    assert.deepEqual(lines(await discover(), machine), [
      '* Docker unix:///var/run/docker.sock',
      'Docker (rootless) unix:///run/user/1000/docker.sock',
      'Podman unix:///run/user/1000/podman/podman.sock',
      'Rancher Desktop unix:///home/.rd/docker.sock',
      'Colima unix:///home/.colima/default/docker.sock',
      'Colima (work) unix:///home/.colima/work/docker.sock',
      'Lima (docker) unix:///home/.lima/docker/sock/docker.sock',
    ]);
  });

  it('says nothing of an absent default where there is another', async () => {
    await listen('run/podman/podman.sock');
    assert.deepEqual(lines(await discover(), machine), ['Podman (root) unix:///run/podman/podman.sock']);
  });

  it('lists all contexts and marks the current one', async () => {
    context('far', { Host: 'ssh://me@build' });
    context(
      'close',
      { Host: 'tcp://10.0.0.1:2376' },
      { 'ca.pem': 'CA', 'cert.pem': 'CERT', 'key.pem': 'KEY' },
    );
    context('careless', { Host: 'tcp://10.0.0.2:2376', SkipTLSVerify: true });
    file('home/.docker/config.json', JSON.stringify({ currentContext: 'far', auths: {} }));
    const found = await discover();
    assert.deepEqual(lines(found, machine), [
      'careless tcp://10.0.0.2:2376 remote',
      'close tcp://10.0.0.1:2376 remote',
      '* far ssh://me@build remote',
    ]);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(
      found.endpoints.map(({ endpoint }) => endpoint.kind === 'tcp' && endpoint.tls),
      [{ skipVerify: true }, { ca: 'CA', cert: 'CERT', key: 'KEY' }, false],
    );
  });

  it('follows the order of the docker CLI', async () => {
    context('far', { Host: 'ssh://build' });
    context('close', { Host: 'unix:///close.sock' });
    file('home/.docker/config.json', JSON.stringify({ currentContext: 'far' }));
    const current = async (env: DiscoveryPlace['env']): Promise<string | undefined> =>
      (await discover({ env })).endpoints.find(({ isCurrent }) => isCurrent)?.name;
    assert.equal(await current({}), 'far');
    assert.equal(await current({ DOCKER_CONTEXT: 'close' }), 'close');
    assert.equal(await current({ DOCKER_HOST: 'unix:///x', DOCKER_CONTEXT: 'close' }), 'DOCKER_HOST');
    await listen('var/run/docker.sock');
    assert.equal(await current({ DOCKER_CONTEXT: 'default' }), 'Docker');
    assert.equal(await current({ DOCKER_CONTEXT: '' }), 'far');
  });

  it('reads DOCKER_CONFIG', async () => {
    file('other/config.json', JSON.stringify({ currentContext: 'gone' }));
    const { problems } = await discover({ env: { DOCKER_CONFIG: machine.file('other') } });
    assert.deepEqual(problems, [
      { subject: machine.file('other/config.json'), detail: 'there is no context "gone"' },
    ]);
  });

  it('takes the keys that the environment names', async () => {
    file('certs/ca.pem', 'CA');
    const env = { DOCKER_HOST: 'tcp://engine:2376', DOCKER_CERT_PATH: machine.file('certs') };
    const tls = async (more: DiscoveryPlace['env']): Promise<unknown> => {
      const [first] = (await discover({ env: { ...env, ...more } })).endpoints;
      return first?.endpoint.kind === 'tcp' ? first.endpoint.tls : assert.fail();
    };
    assert.equal(await tls({}), undefined);
    assert.deepEqual(await tls({ DOCKER_TLS_VERIFY: '1' }), { ca: 'CA' });
    assert.deepEqual(await tls({ DOCKER_TLS: '1' }), { ca: 'CA', skipVerify: true });
  });

  it('lists one engine once, by the better name', async () => {
    const colima = await listen('home/.colima/default/docker.sock');
    mkdirSync(machine.file('var/run'), { recursive: true });
    symlinkSync(colima, machine.file('var/run/docker.sock'));
    const found = (await discover({ env: { DOCKER_HOST: `unix://${colima}` } })).endpoints;
    assert.deepEqual(
      found.map(({ name, isCurrent, origin }) => [name, isCurrent, origin]),
      [['Colima', true, 'socket']],
    );
    context('mine', { Host: `unix://${machine.file('var/run/docker.sock')}` });
    assert.deepEqual(
      (await discover()).endpoints.map(({ name, isCurrent }) => [name, isCurrent]),
      [['mine', true]],
    );
  });

  it('reads Podman’s connections, in both of its formats', async () => {
    const connections = {
      vm: { URI: 'ssh://core@127.0.0.1:38/run/podman.sock', Identity: '/keys/vm', IsMachine: true },
      bad: { URI: 'nonsense' },
    };
    file(
      'home/.config/containers/podman-connections.json',
      JSON.stringify({ Connection: { Connections: connections } }),
    );
    file(
      'home/.config/containers/containers.conf',
      '[engine]\nactive_service = "old"\n[engine.service_destinations]\n  [engine.service_destinations.old]\n    uri = "ssh://old"\n    identity = "/keys/old"\n[network]\nuri = "ssh://not-this"\n',
    );
    const found = await discover({ env: { CONTAINER_HOST: 'unix:///podman.sock' } });
    assert.deepEqual(lines(found, machine), [
      'CONTAINER_HOST unix:///podman.sock',
      'Podman (vm) ssh://core@127.0.0.1:38/run/podman.sock remote',
      'Podman (old) ssh://old remote',
    ]);
    assert.deepEqual(
      found.problems.map(({ subject }) => subject),
      ['podman bad'],
    );
    const vm = found.endpoints[1]?.endpoint;
    assert.equal(vm?.kind === 'ssh' && vm.identityFile, '/keys/vm');
  });

  it('lists what settings name, first', async () => {
    const found = await discover({ configured: ['tcp://engine:2375', 'nonsense'] });
    assert.deepEqual(lines(found, machine), ['tcp://engine:2375 tcp://engine:2375 remote']);
    assert.deepEqual(
      found.problems.map(({ subject }) => subject),
      ['nonsense'],
    );
  });

  it('turns whatever is broken into problems', async () => {
    file('home/.docker/config.json', '{"currentContext": ');
    const id = 'f'.repeat(64);
    file(`home/.docker/contexts/meta/${id}/meta.json`, '{}');
    file(`home/.docker/contexts/meta/${'e'.repeat(64)}/meta.json`, '[[[');
    file(`home/.docker/contexts/meta/${'d'.repeat(64)}/meta.json`, 'x'.repeat(2 ** 20 + 1));
    mkdirSync(machine.file(`home/.docker/contexts/meta/${'c'.repeat(64)}/meta.json`), { recursive: true });
    file('home/.docker/contexts/meta/not-an-id/meta.json', '{}');
    context('bad', { Host: 'tcp://me:secret@engine' });
    context('none', {});
    file('home/.config/containers/podman-connections.json', '{');
    const found = await discover({ env: { CONTAINER_HOST: 'nonsense' } });
    assert.deepEqual(lines(found, machine), ['* Docker unix:///var/run/docker.sock']);
    assert.equal(found.problems.length, 9);
    assert.doesNotMatch(JSON.stringify(found.problems), /secret/);
    for (const { detail } of found.problems) assert.ok(detail.length > 5);
  });

  it('says of a broken DOCKER_HOST that it is broken, and makes nothing else current', async () => {
    await listen('var/run/docker.sock');
    const found = await discover({ env: { DOCKER_HOST: 'nonsense' } });
    assert.deepEqual(lines(found, machine), ['Docker unix:///var/run/docker.sock']);
    assert.deepEqual(
      found.problems.map(({ subject }) => subject),
      ['DOCKER_HOST'],
    );
  });

  it('survives a configuration that cannot be read', async () => {
    // A folder in its place, which root cannot read as a file either.
    mkdirSync(machine.file('home/.docker/config.json'), { recursive: true });
    assert.equal((await discover()).problems.length, 1);
  });

  it('finds Windows’ pipes by their names alone', async () => {
    const pipes = ['docker_engine', 'podman-machine-default', 'other', 'dockerDesktopLinuxEngine'];
    const found = await discover({ platform: 'win32', listPipes: () => Promise.resolve(pipes) });
    assert.deepEqual(lines(found, machine), [
      '* Docker npipe:////./pipe/docker_engine',
      'Docker Desktop npipe:////./pipe/dockerDesktopLinuxEngine',
      'Podman machine npipe:////./pipe/podman-machine-default',
    ]);
    const none = await discover({ platform: 'win32', listPipes: () => Promise.reject(new Error('no')) });
    assert.deepEqual(lines(none, machine), ['* Docker npipe:////./pipe/docker_engine']);
  });
});

function lines({ endpoints }: Discovery, machine: TempDir): readonly string[] {
  return endpoints.map(({ name, endpoint, isCurrent, isRemote }) => {
    const place = formatEndpoint(endpoint).replace(machine.path, '');
    return `${isCurrent ? '* ' : ''}${name} ${place}${isRemote ? ' remote' : ''}`;
  });
}
