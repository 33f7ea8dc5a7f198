import assert from 'node:assert/strict';
import { TerminalOutput } from '../../../src/editor/containers/terminalOutput.ts';

describe('what a terminal shows', () => {
  function written(linesNeedReturn: boolean, write: (output: TerminalOutput) => void): string {
    const output = new TerminalOutput(linesNeedReturn);
    let text = '';
    output.onDidWrite((each) => (text += each));
    write(output);
    output.flush();
    output.dispose();
    return text;
  }

  it('joins a character that comes in two pieces', () => {
    const bytes = Buffer.from('층\n');
    assert.equal(
      written(true, (output) => {
        output.bytes(bytes.subarray(0, 2));
        output.bytes(bytes.subarray(2));
      }),
      '층\r\n',
    );
  });

  it('leaves the lines of a terminal as they are', () => {
    assert.equal(
      written(false, (output) => {
        output.text('a\r\nb\n');
      }),
      'a\r\nb\n',
    );
  });

  it('leaves out the oldest of a flood, and says so', () => {
    const text = written(true, (output) => {
      for (let at = 0; at < 100; at++) output.text(`${'x'.repeat(9_999)}${at}`);
    });
    assert.ok(text.length < 300_000, `${text.length}`);
    assert.match(text, /left out/);
    assert.ok(text.endsWith('x99'));
  });
});
