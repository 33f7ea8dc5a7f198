import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { withConfigChanges } from '../../../src/engine/snapshots/configChanges.ts';

const image = {
  Cmd: ['nginx'],
  Entrypoint: ['/entry'],
  Env: ['PATH=/bin', 'A=1'],
  Labels: { a: '1', b: '2' },
  ExposedPorts: { '80/tcp': {} },
  WorkingDir: '/srv',
  StopSignal: 'SIGQUIT',
};

describe('Changes of an image config', () => {
  const cases: readonly (readonly [changes: readonly string[], members: Record<string, unknown>])[] = [
    [[], {}],
    [['CMD ["a", "b c"]'], { Cmd: ['a', 'b c'] }],
    [['cmd echo "hi"'], { Cmd: ['/bin/sh', '-c', 'echo "hi"'] }],
    [['ENTRYPOINT ["/x"]'], { Entrypoint: ['/x'], Cmd: undefined }],
    [['ENTRYPOINT ["/x"]', 'CMD ["y"]'], { Entrypoint: ['/x'], Cmd: ['y'] }],
    [['ENV A=2 B="x y" C=\'$z\' D=a\\ b'], { Env: ['PATH=/bin', 'A=2', 'B=x y', 'C=$z', 'D=a b'] }],
    [['ENV A two words'], { Env: ['PATH=/bin', 'A=two words'] }],
    [['LABEL a=x "c d"=y'], { Labels: { a: 'x', b: '2', 'c d': 'y' } }],
    [
      ['EXPOSE 443 53/UDP 8000-8001'],
      { ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } },
    ],
    [['LABEL "c d"=y'], { Labels: { a: '1', b: '2', 'c d': 'y' } }],
    [['LABEL c="one\\\n two"'], { Labels: { a: '1', b: '2', c: 'one two' } }],
    [
      ["ENV PATH=/x:$PATH B=${A}2 C=${NO:-else} D=${A:+then} E='$A' F=\\$A"],
      {
        Env: ['PATH=/x:/bin', 'A=1', 'B=12', 'C=else', 'D=then', 'E=$A', 'F=$A'],
      },
    ],
    [['ENV B "quoted $A"'], { Env: ['PATH=/bin', 'A=1', 'B=quoted 1'] }],
    [
      ['USER u$A', 'WORKDIR "/a b/$A"', 'VOLUME ["/v$A"]', 'EXPOSE 808$A', 'LABEL l$A=$NO'],
      {
        User: 'u1',
        WorkingDir: '/a b/1',
        Volumes: { '/v1': {} },
        ExposedPorts: { '80/tcp': {}, '8081/tcp': {} },
        Labels: { a: '1', b: '2', l1: '' },
      },
    ],
    [['CMD echo $A'], { Cmd: ['/bin/sh', '-c', 'echo $A'] }],
    [['ENTRYPOINT []'], {}],
    [['CMD []'], { Cmd: undefined }],
    [['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
    [['HEALTHCHECK CMD curl -f x'], { Healthcheck: { Test: ['CMD-SHELL', 'curl -f x'] } }],
    [
      ['HEALTHCHECK --interval=1m1.5s --start-period=0s --retries=3 CMD ["x"]'],
      { Healthcheck: { Interval: 61_500_000_000, Retries: 3, Test: ['CMD', 'x'] } },
    ],
    [['VOLUME ["/a b"]'], { Volumes: { '/a b': {} } }],
    [['VOLUME /a /b'], { Volumes: { '/a': {}, '/b': {} } }],
    [['WORKDIR /a', 'WORKDIR ../b'], { WorkingDir: '/b' }],
    [['WORKDIR below'], { WorkingDir: '/srv/below' }],
    [['USER 33:33', 'STOPSIGNAL SIGINT'], { User: '33:33', StopSignal: 'SIGINT' }],
    [['ONBUILD RUN x'], { OnBuild: ['RUN x'] }],
  ];
  for (const [changes, members] of cases)
    it(changes.join('; ') || 'none', () => {
      const all: Record<string, unknown> = { ...image, ...members };
      const expected = Object.entries(all).filter(([, value]) => value !== undefined);
      assert.deepEqual(withConfigChanges(image, changes), Object.fromEntries(expected));
    });

  it('do not hand on what the image is to run when it is built on, and fill up what a new check does not say', () => {
    const before = { OnBuild: ['RUN x'], Healthcheck: { Test: ['CMD', 'x'], Interval: 5_000_000_000 } };
    assert.deepEqual(withConfigChanges(before, ['HEALTHCHECK CMD ["y"]']), {
      Healthcheck: { Test: ['CMD', 'y'], Interval: 5_000_000_000 },
    });
  });

  const refused = [
    ...[
      'RUN x',
      'CMD',
      '',
      'EXPOSE http',
      'EXPOSE 9-8',
      'EXPOSE 65536',
      'ENV =x',
      'LABEL a="x',
      'FROM x',
      'ENV a=${A',
      'ENV a=1 b',
    ],
    ...[
      'HEALTHCHECK',
      'HEALTHCHECK x',
      'HEALTHCHECK --interval=1x CMD x',
      'HEALTHCHECK --interval=1us CMD x',
    ],
    ...['HEALTHCHECK --other=1s CMD x', 'HEALTHCHECK --retries=x CMD x'],
  ];
  for (const change of refused)
    it(`refuses ${change || 'nothing'}`, () => {
      assert.throws(
        () => withConfigChanges(image, [change]),
        (error) => isEngineError(error, 'invalid-config'),
      );
    });
});
