import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type CliResult, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';

// What the command line says when there is nothing to talk to; real engines and registries are in test/oracles.
describe('lamina without an engine or a registry', () => {
  const directory = tempDir();
  const store = directory.file('store');
  const run = (args: readonly string[], env?: Record<string, string>): Promise<CliResult> =>
    runLamina(args, { store, ...(env && { env }) });
  const socket = directory.file('no-engine.sock');

  for (const args of [
    ['ls', 'docker-daemon:nginx'],
    ['images', '--engine'],
    ['history', 'docker-daemon:nginx'],
    ['inspect', 'docker-daemon:nginx'],
    ['cat', 'docker-daemon:nginx:/etc/passwd'],
    ['import', 'docker-daemon:nginx'],
    ['sharing', 'docker-daemon:a', 'docker-daemon:b'],
  ])
    it(`ends with 5 and names the endpoint: lamina ${args.join(' ')}`, async () => {
      const { code, stderr } = await run([...args, '--host', `unix://${socket}`]);
      assert.equal(code, 5);
      assert.match(stderr, /^lamina: [^\n]+\n$/);
      assert.ok(stderr.includes(`unix://${socket}`), stderr);
    });

  it('takes the endpoint from the environment, and says what caused the failure with --verbose', async () => {
    const { code, stderr } = await run(['ls', 'docker-daemon:nginx', '--verbose'], {
      DOCKER_HOST: `unix://${socket}`,
    });
    assert.equal(code, 5);
    assert.match(stderr, /\n {2}because [^\n]*ENOENT/);
  });

  it('looks for a bare name in the store and for a file first, and then in the engine', async () => {
    const { code, stderr } = await run(['ls', 'nginx']);
    assert.equal(code, 3);
    assert.equal(
      stderr,
      'lamina: nginx: it is neither in the store nor a file, and there is no engine to ask\n',
    );
    assert.match((await run(['ls', 'nginx', '--verbose'])).stderr, /\n {2}because unix:\/\/\/nonexistent/);
  });

  it('asks the context that is named', async () => {
    const docker = directory.file('docker');
    mkdirSync(docker);
    writeFileSync(`${docker}/config.json`, '{}');
    const { code, stderr } = await run(['images', '--engine', '--context', 'elsewhere'], {
      DOCKER_CONFIG: docker,
    });
    assert.equal(code, 3);
    assert.match(stderr, /elsewhere/);
  });

  for (const args of [
    ['pull', 'localhost:1/app:1'],
    ['ls', 'docker://localhost:1/app:1'],
    ['inspect', 'docker://localhost:1/app:1'],
  ])
    it(`ends with 5 when nobody listens: lamina ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 5, stderr);
      assert.equal(stdout, args[0] === 'inspect' ? '[]\n' : '');
      assert.match(stderr, /^lamina: [^\n]*localhost:1[^\n]*\n$/);
    });

  it('ends with 2 for what is no name', async () => {
    for (const name of ['docker://localhost:1/UPPER', 'docker://localhost:1/a b'])
      assert.equal((await run(['ls', name])).code, 2, name);
  });

  it('ends with 5 when the registry refuses, with no credential in what it says', async () => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"DENIED","message":"not for you"}]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await run(['pull', `${host}/app:1`]);
    server.close();
    assert.equal(code, 5, stderr);
    assert.match(stderr, /^lamina: [^\n]+\n$/);
  });
});
