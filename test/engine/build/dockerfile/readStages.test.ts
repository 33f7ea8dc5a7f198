import assert from 'node:assert/strict';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages } from '../../../../src/engine/build/dockerfile/readStages.ts';

/** Code, message and text of every problem of instructions in a stage. */
function problemsOf(text: string): readonly (readonly [code: string, message: string, shown: string])[] {
  const file = `FROM scratch\n${text}`;
  return readStages(parseDockerfile(file)).problems.map(({ code, message, range }) => [
    code,
    message,
    file.slice(range.start, range.end),
  ]);
}

describe('What BuildKit says of instructions', () => {
  for (const keyword of ['MAINTAINER', 'WORKDIR', 'USER', 'STOPSIGNAL'])
    it(`wants one argument of ${keyword}`, () => {
      assert.deepEqual(problemsOf(keyword), [
        ['argument-count', `${keyword} requires exactly one argument`, keyword],
      ]);
    });

  for (const keyword of ['ENV', 'LABEL', 'ONBUILD', 'HEALTHCHECK', 'EXPOSE', 'VOLUME', 'ARG', 'SHELL'])
    it(`wants arguments of ${keyword}`, () => {
      assert.deepEqual(problemsOf(keyword), [
        ['argument-count', `${keyword} requires at least one argument`, keyword],
      ]);
    });

  const noDestination =
    'requires at least two arguments, but only one was provided. Destination could not be determined';
  const cases: readonly (readonly [text: string, code: string, message: string, shown: string])[] = [
    ['ADD arg1', 'argument-count', `ADD ${noDestination}`, 'ADD arg1'],
    ['COPY arg1', 'argument-count', `COPY ${noDestination}`, 'COPY arg1'],
    ['ENV =arg2', 'argument-invalid', 'ENV names can not be blank', '=arg2'],
    ['LABEL a=b =arg2', 'argument-invalid', 'LABEL names can not be blank', '=arg2'],
    ['ARG =a', 'argument-invalid', 'ARG names can not be blank', '=a'],
    ['ENV foo', 'pair-malformed', 'ENV must have two arguments', 'foo'],
    [
      'ENV a=b c d=e',
      'pair-malformed',
      'Syntax error - can\'t find = in "c". Must be of the form: name=value',
      'c',
    ],
    ['ONBUILD FROM scratch', 'onbuild-forbidden', "FROM isn't allowed as an ONBUILD trigger", 'FROM'],
    [
      'ONBUILD ONBUILD RUN touch foobar',
      'onbuild-forbidden',
      "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
      'ONBUILD',
    ],
    ['MAINTAINER --boo joe@example.com', 'unknown-flag', 'unknown flag: --boo', '--boo'],
    ['FOO bar', 'unknown-instruction', 'unknown instruction: FOO', 'FOO'],
    ['foo bar', 'unknown-instruction', 'unknown instruction: foo', 'foo'],
    ['COPY --chown=a --chown=b x y', 'flag-repeated', 'duplicate flag specified: --chown', '--chown=b'],
    ['COPY --chown x y', 'flag-value', 'missing a value on flag: --chown', '--chown'],
    ['COPY --link= x y', 'flag-value', 'missing a value on flag: --link', '--link='],
    ['COPY --link=yes x y', 'flag-value', 'expecting boolean value for flag --link, not: yes', '--link=yes'],
    ['COPY /foo <<EOF\nEOF', 'heredoc-invalid', 'COPY cannot accept a heredoc as a destination', '<<EOF'],
    ['FROM a b', 'argument-count', 'FROM requires either one or three arguments', 'FROM a b'],
    [
      'FROM a AS 1x',
      'stage-name-invalid',
      'invalid name for build stage: "1x", name can\'t start with a number or contain symbols',
      '1x',
    ],
    ['RUN --network=x y', 'flag-value', 'invalid network mode "x"', 'x'],
    ['RUN --security=x y', 'flag-value', 'security "x" is not valid', 'x'],
    [
      'RUN --mount=from=$x,target=/y z',
      'mount-invalid',
      "'from' doesn't support variable expansion, define alias stage instead",
      'from=$x,target=/y',
    ],
    [
      'CMD ["a", 1]',
      'json-not-strings',
      'when using JSON array syntax, arrays must be comprised of strings only',
      '["a", 1]',
    ],
    [
      'SHELL a b',
      'argument-invalid',
      'SHELL requires the arguments to be in JSON form: SHELL a b',
      'SHELL a b',
    ],
    ['VOLUME ["a", " "]', 'argument-invalid', 'VOLUME specified can not be an empty string', '" "'],
    ['HEALTHCHECK x y', 'argument-invalid', 'Unknown type "X" in HEALTHCHECK (try CMD)', 'x'],
    ['HEALTHCHECK NONE x', 'argument-invalid', 'HEALTHCHECK NONE takes no arguments', 'NONE'],
    ['HEALTHCHECK CMD', 'argument-invalid', 'Missing command after HEALTHCHECK CMD', 'CMD'],
    [
      'HEALTHCHECK --interval=50ns CMD x',
      'flag-value',
      'Interval "interval" cannot be less than 1ms',
      '50ns',
    ],
    ['HEALTHCHECK --timeout=1x CMD x', 'flag-value', 'time: invalid duration "1x"', '1x'],
    ['RUN <<EOF\nx', 'heredoc-unterminated', 'unterminated heredoc', '<<EOF'],
  ];
  for (const [text, ...expected] of cases)
    it(text, () => {
      assert.deepEqual(problemsOf(text), [expected]);
    });

  it('has nothing against what is right', () => {
    const text =
      'ARG --odd a\nSTOPSIGNAL --odd x\nRUN\nCMD []\nHEALTHCHECK --interval=1m30s --retries=3 CMD x\n' +
      'COPY --link --parents=false --exclude=a --exclude=b x y\nADD --keep-git-dir=TRUE --unpack a b\nONBUILD RUN x\n';
    assert.deepEqual(problemsOf(text), []);
  });

  it('goes on behind what is wrong', () => {
    const text = 'RUN a\nARG X\nFROM a b c d\nCOPY x\nRUN b\n';
    const { stages, globalArgs, problems } = readStages(parseDockerfile(text));
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['no-stage', 'argument-count', 'argument-count'],
    );
    assert.equal(globalArgs.length, 1);
    assert.deepEqual(
      stages.map(({ commands }) => commands.map(({ kind }) => kind)),
      [['run']],
    );
  });

  it('reads an open heredoc up to what looks like the next instruction', () => {
    const { instructions } = parseDockerfile('FROM x\nRUN <<EOF\na\nb\n\nCOPY c d\n');
    assert.deepEqual(
      instructions.map(({ name, heredocs }) => [name, heredocs[0]?.content]),
      [
        ['FROM', undefined],
        ['RUN', 'a\nb\n\n'],
        ['COPY', undefined],
      ],
    );
  });
});
