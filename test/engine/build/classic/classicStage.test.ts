import assert from 'node:assert/strict';
import { ClassicArguments } from '../../../../src/engine/build/classic/classicArguments.ts';
import { ClassicStage, isCopy } from '../../../../src/engine/build/classic/classicStage.ts';
import { emptyConfig } from '../../../../src/engine/build/classic/containerConfig.ts';
import { isCommand, isCreatedBy } from '../../../../src/engine/build/classic/expectedStep.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages } from '../../../../src/engine/build/dockerfile/readStages.ts';

const sum = 'file:10e2dd0f00fd23499597fed9d8453224b97b76b22ed1f8bfab8efdf2b79ed26d';

/** What Docker Engine 20.10.24 and 29 wrote into the history for these instructions. */
const written: readonly (readonly [instruction: string, text: string, newer?: string])[] = [
  ['ENV E1=v1 E2="two words"', '/bin/sh -c #(nop)  ENV E1=v1 E2=two words'],
  [
    'HEALTHCHECK --interval=90s --retries=3 CMD echo "a b"',
    `/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "echo \\"a b\\""] "1m30s" "0s" "0s" '\\x03'}`,
    '/bin/sh -c #(nop)  HEALTHCHECK &{Test:[CMD-SHELL echo "a b"] Interval:1m30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:3}',
  ],
  [
    'HEALTHCHECK --timeout=1500ms --start-period=2h CMD ["x", "y"]',
    `/bin/sh -c #(nop)  HEALTHCHECK &{["CMD" "x" "y"] "0s" "1.5s" "2h0m0s" '\\x00'}`,
    '/bin/sh -c #(nop)  HEALTHCHECK &{Test:[CMD x y] Interval:0s Timeout:1.5s StartPeriod:2h0m0s StartInterval:0s Retries:0}',
  ],
  ['HEALTHCHECK NONE', `/bin/sh -c #(nop)  HEALTHCHECK &{["NONE"] "0s" "0s" "0s" '\\x00'}`],
  ['EXPOSE 80 443/udp 8000-8002', '/bin/sh -c #(nop)  EXPOSE 443/udp 80 8000-8002'],
  ['VOLUME /v1 /v2', '/bin/sh -c #(nop)  VOLUME [/v1 /v2]'],
  ['SHELL ["/bin/bash", "-ec"]', '/bin/bash -ec #(nop)  SHELL [/bin/bash -ec]'],
  ['CMD echo $E1', '/bin/bash -ec #(nop)  CMD ["/bin/bash" "-ec" "echo $E1"]'],
  ['ENTRYPOINT ["a", "b\\"c"]', '/bin/bash -ec #(nop)  ENTRYPOINT ["a" "b\\"c"]'],
  [`LABEL a=1 "b c"='d e'`, '/bin/bash -ec #(nop)  LABEL a=1 b c=d e'],
  ['USER $E1', '/bin/bash -ec #(nop)  USER v1'],
  ['STOPSIGNAL SIGTERM', '/bin/bash -ec #(nop)  STOPSIGNAL SIGTERM'],
  ['MAINTAINER me too', '/bin/bash -ec #(nop)  MAINTAINER me too'],
  ['ONBUILD  COPY  a  b', '/bin/bash -ec #(nop)  ONBUILD COPY  a  b'],
  ['WORKDIR /abs', '/bin/bash -ec #(nop) WORKDIR /abs'],
  ['WORKDIR rel', '/bin/bash -ec #(nop) WORKDIR /abs/rel'],
  ['ARG A="first one"', '/bin/bash -ec #(nop)  ARG A=first one'],
  ['ARG B', '/bin/bash -ec #(nop)  ARG B'],
  ['ARG C=$A D=1', '/bin/bash -ec #(nop)  ARG C=first one D=1'],
  [
    'COPY --chown=$D:2 a.txt rel',
    `/bin/bash -ec #(nop) COPY --chown=1:2${sum} in rel `,
    `/bin/bash -ec #(nop) COPY --chown=1:2 ${sum} in rel `,
  ],
  ['RUN make', '|4 A=first one B=given C=first one D=1 /bin/bash -ec make'],
  ['RUN ["/bin/make", "it"]', '|4 A=first one B=given C=first one D=1 /bin/make it'],
];

describe('a stage of the classic builder', () => {
  const dockerfile = parseDockerfile(`FROM scratch\n${written.map(([line]) => line).join('\n')}\n`);
  const [stage] = readStages(dockerfile).stages;
  const commands = stage?.commands ?? [];

  it('has the texts that engines have', () => {
    assert.equal(commands.length, written.length);
    const state = new ClassicStage(emptyConfig, ClassicArguments.of(new Map([['B', 'given']])), '\\');
    for (const [at, command] of commands.entries()) {
      const { command: expected } = state.next(command, isCopy(command) ? sum : undefined);
      const [line = '', ...texts] = written[at] ?? [];
      for (const text of texts)
        assert.ok(isCreatedBy(expected, text ?? ''), `${line}: ${JSON.stringify(expected)}`);
      assert.ok(!isCreatedBy(expected, `${texts[0] ?? ''}x`), line);
    }
  });

  it('leaves the config that an engine gives the image', () => {
    const state = new ClassicStage(emptyConfig, ClassicArguments.of(new Map()), '\\');
    for (const command of commands) state.next(command, sum);
    const { config } = state;
    assert.deepEqual(config.env, [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'E1=v1',
      'E2=two words',
    ]);
    assert.deepEqual([...config.exposedPorts], ['443/udp', '80/tcp', '8000/tcp', '8001/tcp', '8002/tcp']);
    assert.deepEqual([...config.volumes], ['/v1', '/v2']);
    assert.deepEqual(config.cmd, ['/bin/bash', '-ec', 'echo $E1']);
    assert.deepEqual(config.entrypoint, ['a', 'b"c']);
    assert.deepEqual([config.user, config.workingDirectory], ['v1', '/abs/rel']);
  });

  it('has an absolute WORKDIR cleaned, or as it is written', () => {
    const [workdir] = readStages(parseDockerfile('FROM x\nWORKDIR /a/./b/\n')).stages[0]?.commands ?? [];
    assert.ok(workdir);
    for (const [keeps, path] of [
      [false, '/a/b'],
      [true, '/a/./b/'],
    ] as const) {
      const state = new ClassicStage(emptyConfig, ClassicArguments.of(new Map()), '\\', keeps);
      assert.ok(isCreatedBy(state.next(workdir).command, `/bin/sh -c #(nop) WORKDIR ${path}`));
      assert.equal(state.config.workingDirectory, path);
    }
  });

  it('takes any sum where it is not known, but not any text', () => {
    const state = new ClassicStage(emptyConfig, ClassicArguments.of(new Map()), '\\');
    const copy = commands.find(isCopy);
    assert.ok(copy);
    const { command } = state.next(copy);
    const words = (text: string): readonly string[] => ['/bin/sh', '-c', `#(nop) COPY ${text}`];
    assert.ok(isCommand(command, words(`--chown=:2${sum} in rel `)));
    assert.ok(isCommand(command, words(`--chown=:2 dir:${'1'.repeat(64)} in rel `)));
    assert.ok(!isCommand(command, words(`--chown=:2${sum} in other `)));
    assert.ok(!isCommand(command, words(`${sum} in rel `)));
  });

  it('takes a CMD of the base away with an ENTRYPOINT, but not one of its own', () => {
    const after = (lines: string): readonly string[] => {
      const state = new ClassicStage({ ...emptyConfig, cmd: ['base'] }, ClassicArguments.of(new Map()), '\\');
      for (const command of readStages(parseDockerfile(`FROM x\n${lines}`)).stages[0]?.commands ?? [])
        state.next(command);
      return state.config.cmd;
    };
    assert.deepEqual(after('ENTRYPOINT ["e"]'), []);
    assert.deepEqual(after('CMD ["own"]\nENTRYPOINT ["e"]'), ['own']);
  });
});
