import assert from 'node:assert/strict';
import { detectSyntax } from '../../../../src/engine/build/dockerfile/detectSyntax.ts';

describe('The frontend that a Dockerfile asks for', () => {
  const cases: readonly (readonly [text: string, image: string | undefined, commandLine?: string])[] = [
    [
      '# syntax = dockerfile:experimental // opts\nFROM busybox\n',
      'dockerfile:experimental',
      'dockerfile:experimental // opts',
    ],
    ['#!/bin/sh\n# syntax = dockerfile:experimental\nFROM busybox\n', 'dockerfile:experimental'],
    ['#!/bin/sh\n\n# syntax = dockerfile:experimental\n', undefined],
    ['FROM busybox\nRUN ls\n', undefined],
    ['//syntax=foo\n//key=value', 'foo'],
    ['#!/bin/sh\n//syntax=x', 'x'],
    ['{"syntax": "foo", "bar": ["abc"]}', 'foo'],
    ['#!/bin/sh\n{"syntax": "foo"}', 'foo'],
    ['{"syntax": "foo"', undefined],
    ['{"syntax": "foo"}\n# syntax=bar', undefined],
    ['{"syntax": 1}', undefined],
    ['\uFEFF# syntax = myfrontend\nFROM busybox\n', 'myfrontend'],
    ['#escape=`\n#SyNtAx=a\n', 'a'],
    ['# syntax=a\r\nFROM x\r\n', 'a'],
    // A line that is indented is one for the parser, and none here.
    [' # syntax=a\n', undefined],
    ['# comment\n# syntax=a\n', undefined],
    ['# escape=\\\n# escape=\\\n# syntax=a\n', undefined],
  ];
  for (const [text, image, commandLine = image] of cases)
    it(JSON.stringify(text), () => {
      const found = detectSyntax(text);
      assert.deepEqual([found?.image, found?.commandLine], [image, commandLine]);
    });

  it('is where the line is', () => {
    const text = '#!/bin/sh\n# syntax = a b\nFROM x\n';
    const { start, end } = detectSyntax(text)?.range ?? { start: 0, end: 0 };
    assert.equal(text.slice(start, end), '# syntax = a b');
  });
});
