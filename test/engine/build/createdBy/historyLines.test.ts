import assert from 'node:assert/strict';
import { historyLines } from '../../../../src/engine/build/createdBy/historyLines.ts';
import { type PlanSettings, planOf } from '../../../support/planOf.ts';

const base = { 'docker.io/library/base:latest': { env: ['PATH=/bin'] } };

function linesOf(text: string, settings: PlanSettings = {}): readonly (readonly string[])[] {
  const plan = planOf(text, { images: base, ...settings });
  const request = { escape: '\\', buildArgs: new Map(Object.entries(settings.args ?? {})) } as const;
  return historyLines(plan, plan.target ?? 0, request).map(({ texts }) => texts);
}

/** What is written first: what the newest BuildKit does. */
function newest(text: string, settings?: PlanSettings): readonly (string | undefined)[] {
  return linesOf(text, settings).map(([first]) => first);
}

describe('Lines of a history, as BuildKit writes them', () => {
  it('show what RUN starts, with the arguments before it', () => {
    const text = 'FROM base\nARG A=first\\ one B\nENV B=env\nRUN echo hi\nRUN ["/bin/echo", "exec form"]\n';
    assert.deepEqual(newest(text), [
      'ARG A=first one B',
      'ENV B=env',
      'RUN |2 A=first one B=env /bin/sh -c echo hi # buildkit',
      'RUN |2 A=first one B=env /bin/echo exec form # buildkit',
    ]);
  });

  it('show the values that a build gives', () => {
    assert.deepEqual(newest('ARG G=g\nFROM base\nARG G\nARG V=1\nRUN x\n', { args: { V: '2' } }), [
      'ARG G=g',
      'ARG V=2',
      'RUN |2 G=g V=2 /bin/sh -c x # buildkit',
    ]);
  });

  it('show the body of a heredoc with its line ends', () => {
    assert.deepEqual(
      newest('FROM base\nRUN <<EOF\necho a\necho b\nEOF\nCOPY <<F1 <<F2 /hd/\na\nF1\nb\nF2\n'),
      ['RUN /bin/sh -c echo a\necho b\n # buildkit', 'COPY <<F1 <<F2 /hd/ # buildkit'],
    );
  });

  it('show sources and destination expanded, not absolute, and flags in new versions only', () => {
    const text = 'FROM base\nENV D=/d\nCOPY --from=x --link --chown=app --chmod=600 a ./b $D/\nADD a rel\n';
    assert.deepEqual(linesOf(text).slice(1), [
      ['COPY --chown=app --chmod=600 a ./b /d/ # buildkit', 'COPY a ./b /d/ # buildkit'],
      ['ADD a rel # buildkit'],
    ]);
  });

  it('show where WORKDIR leads to', () => {
    assert.deepEqual(newest('FROM base\nWORKDIR /abs\nWORKDIR rel\nWORKDIR /\n'), [
      'WORKDIR /abs',
      'WORKDIR /abs/rel',
      'WORKDIR /',
    ]);
  });

  it('show quotes gone, and the old form with an equals sign', () => {
    assert.deepEqual(newest('FROM base\nENV E1="v1" E2="two words"\nENV A 1 2\nLABEL l="x y"\n'), [
      'ENV E1=v1 E2=two words',
      'ENV A=1 2',
      'LABEL l=x y',
    ]);
  });

  it('show lists as Go does', () => {
    const text =
      'FROM base\nVOLUME /v1 /v2\nSHELL ["/bin/sh", "-ec"]\nCMD echo "hi"\nENTRYPOINT ["a", "b"]\n';
    assert.deepEqual(newest(text), [
      'VOLUME [/v1 /v2]',
      'SHELL [/bin/sh -ec]',
      'CMD ["/bin/sh" "-ec" "echo \\"hi\\""]',
      'ENTRYPOINT ["a" "b"]',
    ]);
  });

  it('show ports in two ways', () => {
    assert.deepEqual(linesOf('FROM base\nENV P="80 81"\nEXPOSE 443/udp $P 90-91\n')[1], [
      'EXPOSE [443/udp 80/tcp 81/tcp 90/tcp 91/tcp]',
      'EXPOSE map[443/udp:{} 80/tcp:{} 81/tcp:{} 90/tcp:{} 91/tcp:{}]',
    ]);
  });

  it('show HEALTHCHECK in three ways', () => {
    const [texts] = linesOf('FROM base\nHEALTHCHECK --interval=5s --retries=3 CMD curl x\n');
    assert.deepEqual(texts, [
      'HEALTHCHECK {Test:[CMD-SHELL curl x] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:3}',
      'HEALTHCHECK &{["CMD-SHELL" "curl x"] "5s" "0s" "0s" "0s" \'\\x03\'}',
      'HEALTHCHECK &{["CMD-SHELL" "curl x"] "5s" "0s" "0s" \'\\x03\'}',
    ]);
    assert.match(
      String(newest('FROM base\nHEALTHCHECK --interval=90s CMD ["a", "b"]\n')[0]),
      /\[CMD a b\] Interval:1m30s/,
    );
    assert.match(String(newest('FROM base\nHEALTHCHECK NONE\n')[0]), /\[NONE\] Interval:0s/);
  });

  it('leave out ONBUILD, and show the triggers of a base', () => {
    const images = { 'docker.io/library/base:latest': { onbuild: ['RUN echo t'] } };
    assert.deepEqual(newest('FROM base\nONBUILD RUN x\nUSER $NONE:app\nSTOPSIGNAL SIGINT\n', { images }), [
      'RUN /bin/sh -c echo t # buildkit',
      'USER :app',
      'STOPSIGNAL SIGINT',
    ]);
  });

  it('go through the stages that a stage begins with, whose arguments old versions do not show', () => {
    const lines = linesOf(
      'FROM base AS one\nARG A=1\nRUN x\nFROM base AS other\nRUN no\nFROM one\nARG B=2\nRUN y\n',
    );
    assert.deepEqual(lines, [
      ['ARG A=1'],
      ['RUN |1 A=1 /bin/sh -c x # buildkit'],
      ['ARG B=2'],
      ['RUN |2 A=1 B=2 /bin/sh -c y # buildkit', 'RUN |1 B=2 /bin/sh -c y # buildkit'],
    ]);
  });
});
