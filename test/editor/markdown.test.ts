import assert from 'node:assert/strict';
import { SafeMarkdown } from '../../src/editor/markdown.ts';

const hostile = [
  '[x](command:workbench.action.quit)',
  '![](https://example.com/beacon.png)',
  '<img src=x onerror=alert(1)>',
  '`code` *bold* _it_ # head',
  '```\nfence\n```',
  '$(sync~spin)',
  '\u202eevil\u2066',
  '\x1b[31mred',
];

describe('markdown', () => {
  for (const text of hostile) {
    it(`keeps ${JSON.stringify(text)} a text`, () => {
      const { value, isTrusted, supportHtml, supportThemeIcons } = new SafeMarkdown()
        .title(text)
        .paragraph(text)
        .facts([['Name', text]])
        .code(text)
        .build();
      assert.ok(isTrusted === undefined || isTrusted === false);
      assert.notEqual(supportHtml, true);
      assert.notEqual(supportThemeIcons, true);
      const outsideCode = value.split(/^`{3,}.*$/m)[0] ?? '';
      assert.doesNotMatch(outsideCode, /(?<!\\)\]\(/, 'no link');
      assert.doesNotMatch(outsideCode, /(?<!\\)!\[/, 'no picture');
      assert.doesNotMatch(outsideCode, /(?<!\\)<\w/, 'no markup');
      // eslint-disable-next-line no-control-regex -- these are what must not be there.
      assert.doesNotMatch(value, /[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]/u);
    });
  }

  it('closes no code block early', () => {
    const { value } = new SafeMarkdown().code('```\n[x](command:y)').build();
    const [fence = ''] = /`{3,}/.exec(value) ?? [];
    assert.equal(
      value
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith(fence)).length,
      2,
    );
  });
});
