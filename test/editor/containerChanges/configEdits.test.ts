import assert from 'node:assert/strict';
import { changesOf, complaintAbout, editedConfig } from '../../../src/editor/containerChanges/configEdits.ts';
import { type Instruction, textOf } from '../../../src/editor/containerChanges/configWords.ts';

const config = {
  Entrypoint: ['/entry.sh'],
  Cmd: ['nginx', '-g', 'daemon off;'],
  Env: ['PATH=/usr/bin:/bin', 'MOTTO=two words', 'QUOTE=say "hi" \\o/'],
  ExposedPorts: { '80/tcp': {} },
  Labels: { maintainer: 'a person', license: 'line one\nline two', 'a b': 'c' },
  WorkingDir: '/srv',
};

function edits(...texts: readonly (readonly [Instruction, string])[]): ReadonlyMap<Instruction, string> {
  return new Map(texts);
}

describe('edits of an image’s config', () => {
  it('shows what the image has as the instruction would set it', () => {
    assert.equal(textOf(config, 'CMD'), '["nginx", "-g", "daemon off;"]');
    assert.equal(textOf(config, 'ENV'), 'PATH=/usr/bin:/bin MOTTO="two words" QUOTE="say \\"hi\\" \\\\o/"');
    assert.equal(textOf(config, 'EXPOSE'), '80/tcp');
    assert.equal(textOf(config, 'VOLUME'), '');
    assert.equal(textOf(config, 'WORKDIR'), '/srv');
  });

  it('leaves out what a line cannot say, and keeps it', () => {
    assert.equal(textOf(config, 'LABEL'), 'maintainer="a person" "a b"=c');
    const { Labels } = editedConfig(config, edits(['LABEL', 'maintainer="a person" "a b"=c x=y']));
    assert.deepEqual(Labels, { ...config.Labels, x: 'y' });
  });

  it('asks for nothing where nothing is changed', () => {
    const same = edits(['CMD', textOf(config, 'CMD')], ['ENV', `${textOf(config, 'ENV')} `], ['VOLUME', '']);
    assert.deepEqual(changesOf(config, same), []);
    assert.deepEqual(editedConfig(config, same), config);
  });

  it('asks for what is another only', () => {
    const env = 'PATH=/bin MOTTO="two words" QUOTE="say \\"hi\\" \\\\o/" NEW="a b"';
    assert.deepEqual(changesOf(config, edits(['ENV', env], ['EXPOSE', '80 53/udp'])), [
      'ENV PATH=/bin NEW="a b"',
      'EXPOSE 53/udp',
    ]);
    assert.deepEqual(changesOf(config, edits(['USER', 'nobody'], ['CMD', 'echo hi'])), [
      'CMD echo hi',
      'USER nobody',
    ]);
  });

  it('gives the command again when a new entry point would take it away', () => {
    const entry = ['ENTRYPOINT', '["/other"]'] as const;
    assert.equal(editedConfig(config, edits(entry))['Cmd'], undefined);
    const both = edits(entry, ['CMD', textOf(config, 'CMD')]);
    assert.deepEqual(editedConfig(config, both)['Cmd'], config.Cmd);
  });

  it('replaces variables by those of the image', () => {
    const env = textOf(config, 'ENV').replace('PATH=/usr/bin:/bin', 'PATH=/opt:$PATH');
    assert.deepEqual(changesOf(config, edits(['ENV', env])), ['ENV PATH=/opt:/usr/bin:/bin']);
  });

  it('takes nothing away that the image has', () => {
    assert.deepEqual(complaintAbout(config, 'CMD', ''), { kind: 'missing', names: ['CMD'] });
    assert.deepEqual(complaintAbout(config, 'WORKDIR', ''), { kind: 'missing', names: ['WORKDIR'] });
    assert.deepEqual(complaintAbout(config, 'ENV', 'PATH=/bin'), {
      kind: 'missing',
      names: ['MOTTO', 'QUOTE'],
    });
  });

  it('refuses what the engine does not understand', () => {
    assert.deepEqual(complaintAbout(config, 'ENV', 'no-equals'), { kind: 'not-understood' });
    assert.deepEqual(complaintAbout(config, 'EXPOSE', 'http'), { kind: 'not-understood' });
    assert.deepEqual(complaintAbout(config, 'ENV', `${textOf(config, 'ENV')} A="open`), {
      kind: 'not-understood',
    });
    assert.equal(complaintAbout(config, 'EXPOSE', '80 443/tcp'), undefined);
  });
});
