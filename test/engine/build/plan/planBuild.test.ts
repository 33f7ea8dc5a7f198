import assert from 'node:assert/strict';
import type { BuildPlan, CopyStep, RunStep } from '../../../../src/engine/build/plan/buildPlan.ts';
import { planOf } from '../../../support/planOf.ts';

function rowsOf({ stages }: BuildPlan): readonly string[] {
  return stages.flatMap(({ steps }) => steps.flatMap(({ row }) => row ?? []));
}

function runsOf({ stages }: BuildPlan): readonly RunStep[] {
  return stages
    .flatMap(({ steps }) => steps.map(({ operation }) => operation))
    .filter((operation) => operation.kind === 'run');
}

function copiesOf({ stages }: BuildPlan): readonly CopyStep[] {
  const operations = stages.flatMap(({ steps }) => steps.map(({ operation }) => operation));
  return operations.flatMap((each) => (each.kind === 'copy' || each.kind === 'add' ? [each] : []));
}

function messagesOf({ problems }: BuildPlan): readonly string[] {
  return problems.map(({ message }) => message);
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What RUN gets besides the PATH that is always there. */
function envOf(plan: BuildPlan, run = 0): readonly string[] {
  return (runsOf(plan)[run]?.env ?? []).filter((setting) => setting !== path);
}

describe('Rows of a build', () => {
  it('keeps an absolute working directory for RUN as it is written, and cleans it for the rest', () => {
    const { stages } = planOf('FROM scratch\nWORKDIR /a/./b/\nRUN x\nCOPY f g\nWORKDIR c/\nRUN x\n');
    const operations = stages[0]?.steps.map(({ operation }) => operation) ?? [];
    const cwds = operations.flatMap((each) => (each.kind === 'run' ? [each.cwd] : []));
    assert.deepEqual(cwds, ['/a/./b/', '/a/b/c']);
    const paths = operations.flatMap((each) => (each.kind === 'workdir' ? [each.path] : []));
    assert.deepEqual(paths, ['/a/b', '/a/b/c']);
    const copied = operations.flatMap((each) => (each.kind === 'copy' ? [each.destination] : []));
    assert.deepEqual(copied, ['/a/b/g']);
  });

  it('are numbered, with variables replaced', () => {
    const text = 'FROM base\nENV V=1\nWORKDIR /w$V\ncopy a "b"  $V\nRUN echo "$V" $X\nWORKDIR /\nLABEL a=b\n';
    assert.deepEqual(rowsOf(planOf(text)), [
      '[1/5] FROM docker.io/library/base:latest',
      '[2/5] WORKDIR /w1',
      '[3/5] COPY a b  1',
      '[4/5] RUN echo "1" $X',
    ]);
  });

  it('name stages when there are several', () => {
    const text = 'FROM base AS One\nRUN a\nFROM scratch\nCOPY --from=one /a /\nFROM one\nRUN b\n';
    assert.deepEqual(rowsOf(planOf(text)), [
      '[one 1/2] FROM docker.io/library/base:latest',
      '[one 2/2] RUN a',
      '[stage-1 1/1] COPY --from=one /a /',
      '[stage-2 1/1] RUN b',
    ]);
  });

  it('name a single stage when an image or a mount stands beside it', () => {
    assert.deepEqual(rowsOf(planOf('FROM scratch\nCOPY --from=base /a /\n')), [
      '[stage-0 1/1] COPY --from=base /a /',
    ]);
    assert.deepEqual(rowsOf(planOf('FROM scratch\nRUN --mount=type=cache,target=/c x\n')), [
      '[stage-0 1/1] RUN --mount=type=cache,target=/c x',
    ]);
  });

  it('have room for two digits', () => {
    const rows = rowsOf(planOf(`FROM base\n${'RUN x\n'.repeat(9)}`));
    assert.deepEqual([rows[0], rows[9]], ['[ 1/10] FROM docker.io/library/base:latest', '[10/10] RUN x']);
  });

  it('show the first line of a heredoc', () => {
    const text = 'FROM scratch\nRUN <<EOF\n echo 1\n echo 2\nEOF\nCOPY <<a /x\n1\na\n';
    assert.deepEqual(rowsOf(planOf(text)), ['[1/2] RUN <<EOF (echo 1...)', '[2/2] COPY <<a /x']);
  });

  it('count triggers from the row behind FROM on', () => {
    const images = { 'docker.io/library/base:latest': { onbuild: ['RUN t', 'ENV A=1'] } };
    assert.deepEqual(rowsOf(planOf('FROM base\nRUN x\n', { images })), [
      '[1/2] FROM docker.io/library/base:latest',
      '[2/4] ONBUILD RUN t',
      '[3/4] RUN x',
    ]);
  });
});

describe('The environment of RUN', () => {
  it('has ENV and ARG in their order, what is set again last', () => {
    const text = 'FROM scratch\nENV A=1 B=2\nARG C=$A$B\nARG D\nENV A=3\nRUN x\n';
    assert.deepEqual(envOf(planOf(text)), ['B=2', 'C=12', 'A=3']);
  });

  it('sees in a line what was before it', () => {
    assert.deepEqual(envOf(planOf('FROM scratch\nENV a=1\nENV a=2 b=$a\nRUN x\n')), ['a=2', 'b=1']);
  });

  it('takes arguments of the command, the default, or the global one', () => {
    const text = 'ARG G=g\nARG H=h\nFROM scratch\nARG G\nARG H=own\nARG I=i\nARG N\nRUN x\n';
    assert.deepEqual(envOf(planOf(text)), ['G=g', 'H=own', 'I=i']);
    assert.deepEqual(envOf(planOf(text, { args: { G: '1', H: '2', I: '3', Z: '4' } })), [
      'G=1',
      'H=2',
      'I=3',
    ]);
  });

  it('has platform arguments only where they are declared', () => {
    const text = 'FROM scratch\nRUN x\nARG TARGETARCH\nARG TARGETSTAGE\nARG BUILDPLATFORM\nRUN y\n';
    const plan = planOf(text);
    assert.deepEqual(envOf(plan), []);
    assert.deepEqual(envOf(plan, 1), [
      'TARGETARCH=amd64',
      'TARGETSTAGE=default',
      'BUILDPLATFORM=linux/amd64',
    ]);
  });

  it('does not have what says how the build is to be scanned', () => {
    assert.deepEqual(envOf(planOf('FROM scratch\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nARG A=1\nRUN x\n')), [
      'A=1',
    ]);
  });

  it('lets ARG win over ENV above it, as BuildKit does', () => {
    assert.deepEqual(envOf(planOf('FROM scratch\nENV V=x\nARG V=1\nRUN x\n')), ['V=1']);
    assert.deepEqual(envOf(planOf('FROM scratch\nARG V=1\nENV V=x\nRUN x\n')), ['V=x']);
  });

  it('goes on from the stage below, arguments too, ENV before them', () => {
    const text = 'FROM scratch AS a\nENV V=env\nARG V=arg\nARG W=w\nFROM a\nRUN x\n';
    assert.deepEqual(envOf(planOf(text)), ['W=w', 'V=env']);
  });

  it('goes on from the config of the image', () => {
    const images = {
      'docker.io/library/base:latest': {
        env: ['PATH=/p', 'X=1'],
        workingDirectory: '/srv',
        user: 'app',
        shell: ['/bin/bash', '-c'],
      },
    };
    const [run] = runsOf(planOf('FROM base\nRUN echo $X\n', { images }));
    assert.deepEqual(run && [run.args, run.env, run.cwd, run.user], [
      ['/bin/bash', '-c', 'echo $X'],
      ['PATH=/p', 'X=1'],
      '/srv',
      'app',
    ]);
  });
});

describe('RUN', () => {
  const argsOf = (text: string): readonly string[] => runsOf(planOf(`FROM scratch\n${text}`))[0]?.args ?? [];

  it('has the shell before it, or not', () => {
    assert.deepEqual(argsOf('RUN  a  b \n'), ['/bin/sh', '-c', 'a  b']);
    assert.deepEqual(argsOf('RUN ["a", "b c"]\n'), ['a', 'b c']);
    assert.deepEqual(argsOf('SHELL ["x"]\nRUN a\n'), ['x', 'a']);
    assert.deepEqual(argsOf('RUN a \\\n  # no\n  b\n'), ['/bin/sh', '-c', 'a   b']);
  });

  it('gives heredocs to the shell', () => {
    assert.deepEqual(argsOf('RUN <<-EOF\n\ta\n\tb\nEOF\n'), ['/bin/sh', '-c', 'a\nb\n']);
    assert.deepEqual(argsOf('RUN <<E cat\na\nE\n'), ['/bin/sh', '-c', '<<E cat\na\nE']);
    assert.deepEqual(argsOf('RUN <<E\n#!/bin/x\na\nE\n'), ['/bin/sh', '-c', '/dev/pipes/E']);
  });

  it('reads mounts, with variables', () => {
    const text =
      'FROM base AS a\nFROM scratch\nARG T=/t\nWORKDIR /w\n' +
      'RUN --mount=from=a,src=/x,target=$T --mount=type=cache,target=rel,sharing=LOCKED --mount=target=/c,rw x\n';
    const [run] = runsOf(planOf(text));
    assert.deepEqual(
      run?.mounts.map(({ type, target, isReadOnly, shows, sharing }) => [
        type,
        target,
        isReadOnly,
        shows,
        sharing,
      ]),
      [
        ['bind', '/t', true, { kind: 'stage', index: 0 }, undefined],
        ['cache', '/w/rel', false, undefined, 'locked'],
        ['bind', '/c', false, { kind: 'context' }, undefined],
      ],
    );
  });
});

describe('COPY and ADD', () => {
  const copyOf = (text: string): CopyStep | undefined =>
    copiesOf(planOf(`FROM scratch\nWORKDIR /w\n${text}`))[0];

  it('have absolute places', () => {
    const step = copyOf('COPY ./a/ /b/../c . x/\n');
    assert.deepEqual(
      step?.sources.map((source) => source.kind === 'path' && source.path),
      ['/a', '/c', '/'],
    );
    assert.equal(step.destination, '/w/x/');
    assert.deepEqual(
      ['.', 'd', 'd/', '/x/.', '/', '/.'].map((to) => copyOf(`COPY a ${to}\n`)?.destination),
      ['/w/', '/w/d', '/w/d/', '/x/.', '/', '/.'],
    );
  });

  it('have owners and modes', () => {
    const step = copyOf('ARG U=7\nCOPY --chown=$U:app --chmod=0644 --link --exclude=*.md a b\n');
    assert.deepEqual(step && [step.owner, step.mode, step.isLinked, step.exclude], [
      { user: 7, group: 'app' },
      0o644,
      false,
      ['*.md'],
    ]);
    assert.deepEqual(copyOf('COPY --chown=root --chmod=u+x a b\n')?.owner, { user: 0 });
    assert.equal(copyOf('COPY --link a b\n')?.isLinked, true);
  });

  it('tell apart what is fetched', () => {
    const step = copyOf('ADD http://h/a/f.tar?x https://h/r.git#v git@h:r.git a.tar github.com/o/r /d/\n');
    assert.deepEqual(
      step?.sources.map((source) => (source.kind === 'path' ? source.path : source.kind)),
      ['url', 'git', 'git', '/a.tar', '/github.com/o/r'],
    );
    assert.deepEqual(messagesOf(planOf('FROM scratch\nCOPY http://h/a /\n')), [
      "source can't be a URL for COPY",
    ]);
  });

  it('keep parents from the pivot on', () => {
    const sources = copyOf('COPY --parents a/b/./c/d *.txt x\n')?.sources;
    assert.deepEqual(sources, [
      { kind: 'path', isUnpacked: false, path: '/a/b', include: ['c/d'], required: ['/a/b/c/d'] },
      { kind: 'path', isUnpacked: false, path: '/', include: ['*.txt'], required: [] },
    ]);
  });

  it('have files of their own, expanded unless they are quoted', () => {
    const step = copyOf('ENV V=1\nCOPY <<a <<-\'b\' /d/\n"$V" \\$V\na\n\t$V\nb\n');
    assert.deepEqual(step?.sources, [
      { kind: 'heredoc', name: 'a', content: '"1" $V\n' },
      { kind: 'heredoc', name: 'b', content: '$V\n' },
    ]);
  });
});

describe('Stages', () => {
  const neededIn = (text: string, target?: string): readonly number[] =>
    planOf(text, target === undefined ? {} : { target }).stages.flatMap(({ isNeeded, index }) =>
      isNeeded ? index : [],
    );

  it('are needed when the target depends on them', () => {
    const text =
      'FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=1 / /\nFROM c AS four\nRUN --mount=from=three true\n';
    assert.deepEqual(neededIn(text), [0, 1, 2, 3]);
    assert.deepEqual(neededIn(text, 'TWO'), [1]);
    assert.deepEqual(neededIn(text, 'three'), [0, 1, 2]);
  });

  it('begin with global arguments in their names', () => {
    const { stages } = planOf('ARG V=1.2\nARG B=base:$V\nFROM $B AS x\nFROM ${MISSING:-x}\n');
    assert.deepEqual(
      stages.map(({ from }) => from),
      [
        { kind: 'image', name: 'docker.io/library/base:1.2' },
        { kind: 'stage', index: 0 },
      ],
    );
  });

  it('pass ONBUILD on to those that begin with them', () => {
    const text =
      'FROM scratch AS a\nONBUILD ENV V=1\nONBUILD COPY <<f /\nx\nf\nFROM a\nRUN x\nFROM scratch\n';
    const plan = planOf(text, { target: 'stage-1' });
    assert.deepEqual(envOf(plan), ['V=1']);
    assert.deepEqual(copiesOf(plan)[0]?.sources, [{ kind: 'heredoc', name: 'f', content: 'x\n' }]);
  });

  it('say what is wrong with them', () => {
    assert.deepEqual(messagesOf(planOf('FROM $X\n')), ['base name ($X) should not be blank']);
    assert.deepEqual(messagesOf(planOf('FROM scratch\nCOPY --from=7 a b\n')), ['invalid stage index 7']);
    assert.deepEqual(messagesOf(planOf('FROM scratch\n', { target: 'x' })), [
      'target stage "x" could not be found',
    ]);
    assert.ok(
      messagesOf(
        planOf('FROM scratch AS a\nCOPY --from=b / /\nFROM scratch AS b\nCOPY --from=a / /\n'),
      ).includes('circular dependency detected on stage: a'),
    );
    assert.deepEqual(messagesOf(planOf('FROM scratch AS a\nCOPY --from=b / /\nFROM scratch AS b\n')), [
      'cannot copy from stage "b", it needs to be defined before current stage "a"',
    ]);
    assert.deepEqual(messagesOf(planOf('FROM scratch\nENV A="${B:?no b}"\nRUN x\n')), [
      'failed to process "\\"${B:?no b}\\"": B: no b',
    ]);
  });
});

describe('Named contexts', () => {
  const contextsOf = (text: string, contexts: Readonly<Record<string, string>>): readonly string[] =>
    planOf(text, { contexts }).stages.map(({ from, isReplaced }) =>
      [from.kind, 'name' in from ? from.name : '', ...(isReplaced ? ['replaced'] : [])].join(' '),
    );

  it('stand for images and for stages, by the names that BuildKit compares', () => {
    const text = 'FROM base AS a\nRUN x\nFROM scratch\nCOPY --from=a /x /\nCOPY --from=extra /y /\n';
    assert.deepEqual(contextsOf(text, {}), [
      'image docker.io/library/base:latest',
      'scratch ',
      'image docker.io/library/extra:latest',
    ]);
    const contexts = { a: '../a', 'extra:latest': 'docker-image://other:1' };
    assert.deepEqual(contextsOf(text, contexts), [
      'context a replaced',
      'scratch ',
      'image docker.io/library/other:1',
    ]);
    assert.deepEqual(contextsOf('FROM base\n', { 'docker.io/library/base': 'https://example.org/r.git' }), [
      'context docker.io/library/base',
    ]);
  });

  it('leave nothing of a stage that they stand for', () => {
    const plan = planOf('FROM base AS a\nRUN x\nFROM a\nRUN y\n', { contexts: { a: '/dir' } });
    assert.deepEqual(
      plan.stages.map(({ steps }) => steps.length),
      [1, 2],
    );
  });
});
