import assert from 'node:assert/strict';
import { expandWord, expandWords } from '../../../../src/engine/build/dockerfile/expandWord.ts';
import type { Variables } from '../../../../src/engine/build/dockerfile/wordRules.ts';
import { buildkitTable } from '../../../support/buildkitTables.ts';

interface ShellTable {
  readonly envVarTest: readonly {
    readonly platform: string;
    readonly word: string;
    readonly result: string;
  }[];
  readonly wordsTest: readonly {
    readonly env: readonly string[];
    readonly word: string;
    readonly words: readonly string[];
  }[];
  readonly matches: readonly {
    readonly word: string;
    readonly env: Readonly<Record<string, string>>;
    readonly result?: string;
    readonly used?: readonly string[];
    readonly unset?: readonly string[];
    readonly isRefused?: true;
  }[];
}

const table = buildkitTable('shell') as ShellTable;
const backslash = { escape: '\\' } as const;

function variables(env: Readonly<Record<string, string>>): Variables {
  return { get: (name) => (Object.hasOwn(env, name) ? env[name] : undefined) };
}

describe("Word expansion by BuildKit's tables", () => {
  it('replaces variables', () => {
    const env = variables({ PWD: '/home', SHELL: 'bash', KOREAN: '한국어', NULL: '' });
    for (const { platform, word, result } of table.envVarTest) {
      if (platform === 'W') continue;
      const { text, failure } = expandWord(word, env, backslash);
      if (result === 'error') assert.notEqual(failure, undefined, word);
      else assert.deepEqual([failure, text], [undefined, result], word);
    }
  });

  it('splits words', () => {
    for (const { env, word, words } of table.wordsTest) {
      const named = new Map(
        env.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
      );
      const found = expandWords(word, named, backslash);
      const texts = found.failure === undefined ? found.words.map(({ text }) => text) : ['error'];
      assert.deepEqual(texts, words, word);
    }
  });

  it('says which variables were used', () => {
    for (const { word, env, result, used, unset, isRefused } of table.matches) {
      const found = expandWord(word, variables(env), backslash);
      assert.equal(found.failure !== undefined, isRefused ?? false, word);
      if (isRefused) continue;
      assert.equal(found.text, result, word);
      assert.deepEqual([...found.used].sort(), [...(used ?? [])].sort(), word);
      assert.deepEqual([...found.unset].sort(), [...(unset ?? [])].sort(), word);
    }
  });
});
