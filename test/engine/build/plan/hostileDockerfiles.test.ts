import assert from 'node:assert/strict';
import type { DockerfileProblemCode } from '../../../../src/engine/build/dockerfile/dockerfileProblem.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages } from '../../../../src/engine/build/dockerfile/readStages.ts';
import type { BuildPlan } from '../../../../src/engine/build/plan/buildPlan.ts';
import { planBuild } from '../../../../src/engine/build/plan/planBuild.ts';

const megabyte = 1 << 20;
const linux = { os: 'linux', architecture: 'amd64' };

/** What would never end, or take all memory, if it were followed as far as it goes: that it ends is the test. */
describe('Hostile Dockerfiles', function () {
  this.timeout(60_000);

  const nested = (depth: number): string => `${'${a:-'.repeat(depth)}x${'}'.repeat(depth)}`;
  const lines = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join('\n');
  const cases: Readonly<Record<string, string>> = {
    'one long RUN': `RUN ${'x'.repeat(megabyte)}`,
    'blanks before a continuation': `RUN x${' '.repeat(megabyte)}\\\n y`,
    'very many pairs': `ENV ${'a="b c" '.repeat(megabyte / 8)}`,
    'a quote that is never closed': `ENV a="${'b'.repeat(megabyte)}`,
    'very many sources': `COPY ${'a '.repeat(megabyte / 2)}/x`,
    'JSON of very many strings': `COPY [${'"a",'.repeat(megabyte / 4)}"b"]`,
    'JSON that is very deep': `RUN ${'['.repeat(megabyte)}`,
    'arrows alone': `RUN ${'<<'.repeat(megabyte / 2)}`,
    'the same heredoc very often': `RUN ${'<<E '.repeat(megabyte / 4)}\nE`,
    'very many heredocs of one COPY': `COPY ${lines(20_000, (at) => `<<E${at}`).replaceAll('\n', ' ')} /x\n${lines(20_000, (at) => `E${at}`)}`,
    'heredocs that never end': 'RUN <<-E\n\t\tx\n'.repeat(20_000),
    'very many lines': lines(100_000, () => 'RUN echo hello world'),
    'very many continued lines': `RUN ${'x \\\n'.repeat(100_000)}y`,
    'very many empty continued lines': `RUN x \\\n${'\n'.repeat(100_000)}y`,
    'very many stages': lines(20_000, (at) => `FROM ${at > 0 ? `s${at - 1}` : 'a'} AS s${at}\nCOPY x y`),
    'very many flags': `RUN ${'--mount=type=bind '.repeat(20_000)} x`,
    'a flag with very many parts': `RUN --mount=${'type=bind,'.repeat(100_000)} x`,
    'very many directives': '# escape=`\n'.repeat(50_000),
    'ONBUILD of ONBUILD': 'ONBUILD '.repeat(100_000),
    'a very long time': `HEALTHCHECK --interval=${'1h'.repeat(megabyte / 2)} CMD x`,
    'NUL characters': '\0'.repeat(megabyte),
    'halves of characters': `ENV a=${'\ud800'.repeat(megabyte)}`,
    'substitutions in substitutions': `ENV b=${nested(100_000)}`,
    'a value that doubles': `ENV A0=aaaaaaaaaa\n${lines(60, (at) => `ENV A${at + 1}=$A${at}$A${at}`)}`,
    'a working directory that grows': 'WORKDIR aaaaaaaaaaaaaaaaaaaa\n'.repeat(20_000),
    'patterns on long values': `ENV A=${'a'.repeat(500_000)}\n${'LABEL B=${A//a*a*a*b/x}\n'.repeat(10_000)}`,
    'patterns very often': `ENV A=${'a'.repeat(5000)}\n${'COPY ${A//a*a*a*b/x} /\n'.repeat(10_000)}`,
    'a long value very often': `ENV A=${'a'.repeat(500_000)}\n${'WORKDIR $A\nUSER $A\n'.repeat(2000)}`,
  };
  for (const [name, text] of Object.entries(cases))
    it(name, () => {
      const plan = planOf(`FROM base\n${text}\n`);
      assert.ok(plan.stages.length > 0 || codesOf(plan).has('too-large'));
    });

  it('with more variables than can be kept for each step are not planned', () => {
    for (const text of [
      lines(100_000, (at) => `ENV A${at}=${at}`),
      lines(20_000, (at) => `ARG A${at}=${at}\nRUN x`),
      `ENV ${'a=b '.repeat(100_000)}\n${'RUN x\n'.repeat(100)}`,
      lines(2000, (at) => `ONBUILD ENV A${at}=1`) + '\nFROM base AS c\nRUN x'.repeat(3).replace('base', '$a'),
    ]) {
      const { stages, target, problems } = planOf(`FROM base AS base\n${text}\n`);
      assert.deepEqual([stages, target, problems.at(0)?.code], [[], undefined, 'too-large']);
    }
  });

  it('do not make an ordinary one too large', () => {
    const plan = planOf(`FROM base\n${lines(1000, (at) => `ENV A${at}=$A${at - 1}${at % 10}\nRUN x`)}\n`);
    assert.equal(plan.stages[0]?.steps.length, 2001);
    assert.ok(!codesOf(plan).has('too-large'));
  });

  it('say that a working directory is too long where it becomes so', () => {
    const text = `FROM base\n${'WORKDIR 0123456789abcde\n'.repeat(257)}`;
    const [problem, ...more] = planOf(text).problems;
    assert.equal(problem?.code, 'argument-invalid');
    assert.equal(problem.range.start, text.lastIndexOf('WORKDIR'));
    assert.equal(more.length, 0);
  });
});

function planOf(text: string): BuildPlan {
  const dockerfile = parseDockerfile(text);
  return planBuild(readStages(dockerfile), dockerfile.escape, {
    buildArgs: new Map(),
    platform: linux,
    buildPlatform: linux,
    baseImage: () => undefined,
  });
}

function codesOf(plan: BuildPlan): ReadonlySet<DockerfileProblemCode> {
  return new Set(plan.problems.map(({ code }) => code));
}
