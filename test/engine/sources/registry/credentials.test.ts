import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCredentialStore } from '../../../../src/engine/sources/registry/createCredentialStore.ts';
import type { Credential, CredentialOptions } from '../../../../src/engine/sources/registry/credentials.ts';
import { canary, failure } from '../../../support/registryClients.ts';
import { type TempDir, tempDir } from '../../../support/tempDir.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const entry = (name: string) => ({ auth: encoded(`${name}:${canary.password}`) });

describe('credentials', () => {
  let folder: TempDir;
  beforeEach(() => (folder = tempDir()));
  afterEach(() => {
    folder[Symbol.dispose]();
  });

  function writeFile(name: string, content: unknown): void {
    const file = folder.file(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }

  function store(options: Partial<CredentialOptions> = {}) {
    const environment = { PATH: `${folder.file('bin')}:/usr/bin:/bin`, ...options.environment };
    return createCredentialStore({ mayStartHelpers: true, home: folder.path, ...options, environment });
  }

  /** Whose credentials are found. */
  async function userOf(domain: string, repository?: string, options?: Partial<CredentialOptions>) {
    const { credential, problems } = await store(options).find(domain, repository);
    assert.deepEqual(problems, []);
    return credential?.kind === 'basic' ? credential.username : credential?.kind;
  }

  const docker = '.docker/config.json';
  const podman = '.config/containers/auth.json';

  describe('of files', () => {
    it('are none where there is no file', async () => {
      assert.deepEqual(await store().find('registry.test'), { problems: [] });
      assert.deepEqual(await store().domains(), []);
    });

    it('are found by host, however docker wrote it', async () => {
      writeFile(docker, {
        auths: {
          'a.test': entry('a'),
          'https://b.test': entry('b'),
          'https://c.test/v2/': entry('c'),
          'd.test:5000': entry('d'),
          'http://e.test/v1/': entry('e'),
          'https://index.docker.io/v1/': entry('hub'),
        },
      });
      for (const [domain, name] of Object.entries({
        'a.test': 'a',
        'b.test': 'b',
        'c.test': 'c',
        'd.test:5000': 'd',
        'e.test': 'e',
        'docker.io': 'hub',
      }))
        assert.equal(await userOf(domain, 'library/app'), name);
      for (const domain of ['d.test', 'x.a.test', 'test', 'index.test'])
        assert.equal(await userOf(domain), undefined);
      assert.deepEqual(await store().domains(), [
        'a.test',
        'b.test',
        'c.test',
        'd.test:5000',
        'docker.io',
        'e.test',
      ]);
    });

    it('may be for a part of a registry: the longest that fits wins', async () => {
      writeFile(podman, {
        auths: {
          'r.test': entry('all'),
          'r.test/team': entry('team'),
          'r.test/team/app': entry('app'),
          's.test/only': entry('only'),
        },
      });
      assert.equal(await userOf('r.test', 'team/app'), 'app');
      assert.equal(await userOf('r.test', 'team/app/sub'), 'app');
      assert.equal(await userOf('r.test', 'team/application'), 'team');
      assert.equal(await userOf('r.test', 'other'), 'all');
      assert.equal(await userOf('r.test'), 'all');
      assert.equal(await userOf('s.test', 'other'), undefined);
      assert.equal(await userOf('s.test'), undefined);
    });

    it('hold passwords with colons, tokens, or nothing', async () => {
      writeFile(docker, {
        auths: {
          'a.test': { auth: encoded('me:p:w\0\0') },
          'b.test': { auth: encoded('me:'), identitytoken: canary.identity },
          'c.test': { registrytoken: canary.token },
          'd.test': {},
          'e.test': { username: 'me', password: 'pw' },
          'f.test': { auth: encoded(`<token>:${canary.identity}`) },
        },
      });
      const found = async (domain: string): Promise<Credential | undefined> => {
        const { credential, problems } = await store().find(domain);
        assert.deepEqual(problems, []);
        return credential;
      };
      assert.deepEqual(await found('a.test'), { kind: 'basic', username: 'me', password: 'p:w' });
      assert.deepEqual(await found('b.test'), {
        kind: 'identity-token',
        token: canary.identity,
        username: 'me',
      });
      assert.deepEqual(await found('c.test'), { kind: 'registry-token', token: canary.token });
      assert.equal(await found('d.test'), undefined);
      assert.deepEqual(await found('e.test'), { kind: 'basic', username: 'me', password: 'pw' });
      assert.deepEqual(await found('f.test'), { kind: 'identity-token', token: canary.identity });
    });

    it('come in the order of docker, then podman', async () => {
      const auths = (name: string) => ({ auths: { 'r.test': entry(name) } });
      const runtime = folder.file('run');
      const environment = {
        DOCKER_AUTH_CONFIG: JSON.stringify(auths('environment')),
        REGISTRY_AUTH_FILE: folder.file('named.json'),
        XDG_RUNTIME_DIR: runtime,
      };
      writeFile(docker, auths('docker'));
      writeFile('named.json', auths('named'));
      writeFile('run/containers/auth.json', auths('runtime'));
      writeFile(podman, auths('podman'));
      const host = {
        get: (domain: string) =>
          Promise.resolve(
            domain === 'r.test' ? ({ kind: 'basic', username: 'host', password: 'x' } as const) : undefined,
          ),
        domains: () => Promise.resolve(['h.test']),
      };
      assert.equal(await userOf('r.test', undefined, { host, environment }), 'host');
      assert.equal(await userOf('r.test', undefined, { environment }), 'environment');
      assert.equal(
        await userOf('r.test', undefined, { environment: { ...environment, DOCKER_AUTH_CONFIG: '' } }),
        'docker',
      );
      writeFile(docker, {});
      const files = { environment: { ...environment, DOCKER_AUTH_CONFIG: undefined } };
      assert.equal(await userOf('r.test', undefined, files), 'named');
      writeFile('named.json', {});
      assert.equal(await userOf('r.test', undefined, files), 'runtime');
      writeFile('run/containers/auth.json', {});
      assert.equal(await userOf('r.test', undefined, files), 'podman');
      assert.deepEqual(await store({ host }).domains(), ['h.test', 'r.test']);
    });

    it('follow DOCKER_CONFIG', async () => {
      writeFile('elsewhere/config.json', { auths: { 'r.test': entry('elsewhere') } });
      const environment = { DOCKER_CONFIG: folder.file('elsewhere') };
      assert.equal(await userOf('r.test', undefined, { environment }), 'elsewhere');
      const { origin } = await store({ environment }).find('r.test');
      assert.deepEqual(origin, { kind: 'file', path: folder.file('elsewhere/config.json') });
    });

    it('that are broken are problems, tell nothing of their content, and hide none behind them', async () => {
      writeFile(podman, { auths: { 'r.test': entry('podman') } });
      const broken = [
        `{"auths": {"r.test": {"auth": "${canary.password}`,
        '[]',
        'null',
        '['.repeat(100_000),
        `{"auths":{"r.test":{"auth":"%%%${canary.password}"}}}`,
        `{"auths":{"r.test":{"auth":"${encoded(canary.password)}"}}}`,
      ];
      for (const content of broken) {
        writeFile(docker, content);
        const { credential, problems } = await store().find('r.test');
        assert.equal(credential?.kind === 'basic' && credential.username, 'podman');
        assert.deepEqual(
          problems.map(({ code, subject }) => [code, subject]),
          [['file-damaged', folder.file(docker)]],
        );
        assert.ok(!JSON.stringify(problems).includes('CANARY'));
      }
      for (const harmless of [
        '{"auths":7,"credHelpers":[],"credsStore":{}}',
        '{"__proto__":{"auths":{}}}',
        '{}',
      ]) {
        writeFile(docker, harmless);
        assert.equal(await userOf('r.test'), 'podman');
      }
    });

    it('that cannot be files of credentials are problems', async () => {
      mkdirSync(folder.file(docker), { recursive: true });
      const { problems } = await store().find('r.test');
      assert.equal(problems[0]?.code, 'file-damaged');
    });
  });

  describe('of helpers', function () {
    before(function () {
      if (process.platform === 'win32') this.skip();
    });

    function writeHelper(name: string, script: string): void {
      writeFile(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(folder.file(`bin/docker-credential-${name}`), 0o755);
    }

    const answering = (answer: object, record = '/dev/null'): string =>
      `echo "$@" > ${record}\ncat >> ${record}\nprintf '%s' '${JSON.stringify(answer)}'`;

    it('are asked by docker’s protocol', async () => {
      const record = folder.file('record');
      writeHelper('test', answering({ ServerURL: 'x', Username: 'me', Secret: canary.password }, record));
      writeFile(docker, { credsStore: 'test', auths: { 'r.test': {} } });
      const { credential, origin, problems } = await store().find('r.test');
      assert.deepEqual(credential, { kind: 'basic', username: 'me', password: canary.password });
      assert.deepEqual([origin, problems], [{ kind: 'helper', name: 'test' }, []]);
      assert.equal(readFileSync(record, 'utf8'), 'get\nr.test');
      await store().find('docker.io');
      assert.equal(readFileSync(record, 'utf8'), 'get\nhttps://index.docker.io/v1/');
    });

    it('may give identity tokens', async () => {
      writeHelper('test', answering({ Username: '<token>', Secret: canary.identity }));
      writeFile(docker, { credHelpers: { 'r.test': 'test' } });
      assert.deepEqual((await store().find('r.test')).credential, {
        kind: 'identity-token',
        token: canary.identity,
      });
      assert.equal((await store().find('other.test')).credential, undefined);
    });

    it('of a registry come before the one of all', async () => {
      writeHelper('one', answering({ Username: 'one', Secret: 'x' }));
      writeHelper('all', answering({ Username: 'all', Secret: 'x' }));
      writeFile(docker, { credsStore: 'all', credHelpers: { 'r.test': 'one' } });
      assert.equal(await userOf('r.test'), 'one');
      assert.equal(await userOf('other.test'), 'all');
    });

    it('that know nothing are not a problem', async () => {
      writeHelper('test', `echo 'credentials not found in native keychain'; exit 1`);
      writeFile(docker, { credsStore: 'test', auths: { 'r.test': entry('file') } });
      assert.equal(await userOf('r.test'), 'file');
      assert.equal(await userOf('other.test'), undefined);
    });

    it('that fail are a problem, and hide none behind them', async () => {
      writeFile(docker, { credsStore: 'test', auths: { 'r.test': entry('file') } });
      const scripts = [
        'echo broken; exit 1',
        'echo "{"',
        'echo "{}"',
        'exit 0',
        `echo '{"Secret": 7}'`,
        'head -c 1000000 /dev/zero',
        'kill -9 $$',
      ];
      for (const script of scripts) {
        writeHelper('test', script);
        const { credential, problems } = await store().find('r.test');
        assert.equal(credential?.kind === 'basic' && credential.username, 'file', script);
        assert.deepEqual(
          problems.map(({ code }) => code),
          ['helper-failed'],
          script,
        );
      }
      writeFile(docker, { credsStore: 'absent' });
      assert.equal((await store().find('r.test')).problems[0]?.code, 'helper-failed');
    });

    it('tell no secret in what they complain about', async () => {
      writeHelper('test', `echo 'password=${canary.password} Authorization: Basic ${canary.token}'; exit 1`);
      writeFile(docker, { credsStore: 'test' });
      const { problems } = await store().find('r.test');
      assert.ok(!JSON.stringify(problems).includes('CANARY'), JSON.stringify(problems));
    });

    it('with names that lead elsewhere are not started', async () => {
      writeFile('evil', `#!/bin/sh\ntouch ${folder.file('started')}\n`);
      chmodSync(folder.file('evil'), 0o755);
      for (const name of [
        '../../evil',
        'x/../../evil',
        'a b',
        'a;touch x',
        '$(touch x)',
        '',
        'a\nb',
        'x'.repeat(200),
      ]) {
        writeFile(docker, { credHelpers: { 'r.test': name } });
        const { credential, problems } = await store().find('r.test');
        assert.equal(credential, undefined);
        if (name !== '') assert.equal(problems[0]?.code, 'helper-invalid');
      }
      assert.ok(!existsSync(folder.file('started')));
    });

    it('are not started where that is forbidden', async () => {
      writeHelper('test', `touch ${folder.file('started')}`);
      writeFile(docker, { credsStore: 'test', auths: { 'r.test': entry('file') } });
      const { credential, problems } = await store({ mayStartHelpers: false }).find('r.test');
      assert.equal(credential?.kind === 'basic' && credential.username, 'file');
      assert.deepEqual(
        problems.map(({ code, subject }) => [code, subject]),
        [['helper-forbidden', 'test']],
      );
      await store().domains();
      assert.ok(!existsSync(folder.file('started')));
    });

    it('can be given up', async () => {
      writeHelper('test', 'exec sleep 60');
      writeFile(docker, { credsStore: 'test' });
      const cancel = new AbortController();
      setTimeout(() => {
        cancel.abort();
      }, 100);
      const startMs = performance.now();
      await failure(store().find('r.test', undefined, cancel.signal), 'cancelled');
      assert.ok(performance.now() - startMs < 5000);
    });
  });

  it('are never written', async () => {
    writeFile(docker, { auths: { 'r.test': entry('file') } });
    const before = readdirSync(folder.path, { recursive: true });
    await store().find('r.test');
    await store().find('other.test');
    assert.deepEqual(readdirSync(folder.path, { recursive: true }), before);
    assert.equal(
      readFileSync(folder.file(docker), 'utf8'),
      JSON.stringify({ auths: { 'r.test': entry('file') } }),
    );
  });
});
