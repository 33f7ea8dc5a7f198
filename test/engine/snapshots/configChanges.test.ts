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
    [['ENV A=2 B="x y" C=\'$z\' D=a\\ b'], { Env: ['A=2', 'B=x y', 'C=$z', 'D=a b', 'PATH=/bin'] }],
    [['ENV A two words'], { Env: ['A=two words', 'PATH=/bin'] }],
    [['LABEL a=x "c d"=y'], { Labels: { a: 'x', b: '2', 'c d': 'y' } }],
    [
      ['EXPOSE 443 53/UDP 8000-8010'],
      { ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '53/udp': {}, '8000-8010/tcp': {} } },
    ],
    [['VOLUME ["/a b"]'], { Volumes: { '/a b': {} } }],
    [['VOLUME /a /b'], { Volumes: { '/a': {}, '/b': {} } }],
    [['WORKDIR /a', 'WORKDIR ../b'], { WorkingDir: '/b' }],
    [['USER 33:33', 'STOPSIGNAL SIGINT'], { User: '33:33', StopSignal: 'SIGINT' }],
    [['ONBUILD RUN x'], { OnBuild: ['RUN x'] }],
  ];
  for (const [changes, members] of cases)
    it(changes.join('; ') || 'none', () => {
      const all: Record<string, unknown> = { ...image, ...members };
      const expected = Object.entries(all).filter(([, value]) => value !== undefined);
      assert.deepEqual(withConfigChanges(image, changes), Object.fromEntries(expected));
    });

  for (const change of ['RUN x', 'CMD', '', 'EXPOSE http', 'ENV =x', 'LABEL a="x', 'FROM x'])
    it(`refuses ${change || 'nothing'}`, () => {
      assert.throws(
        () => withConfigChanges(image, [change]),
        (error) => isEngineError(error, 'invalid-config'),
      );
    });
});
