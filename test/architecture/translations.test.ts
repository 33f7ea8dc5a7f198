import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';

const root = path.join(import.meta.dirname, '..', '..');
type Texts = Readonly<Record<string, string>>;

describe('translations', () => {
  it('has every text of the code in the bundle, and no other', async function () {
    // The extractor is a parser of its own, and slow to start.
    this.timeout(60_000);
    const sources = [...globSync('src/editor/**/*.ts', { cwd: root }), 'src/extension.ts'].map((file) => ({
      extension: '.ts' as const,
      contents: readFileSync(path.join(root, file), 'utf8'),
    }));
    const found = await getL10nJson(sources);
    const wanted = 'Run: npx @vscode/l10n-dev export --outDir l10n src';
    assert.deepEqual(Object.keys(read('l10n/bundle.l10n.json')).sort(), Object.keys(found).sort(), wanted);
  });

  it('shows every text of the code as the code has it', () => {
    for (const [key, text] of Object.entries(read('l10n/bundle.l10n.json'))) assert.equal(text, key);
  });

  for (const [english, korean] of [
    ['l10n/bundle.l10n.json', 'l10n/bundle.l10n.ko.json'],
    ['package.nls.json', 'package.nls.ko.json'],
  ] as const) {
    it(`translates all of ${english} with its placeholders`, () => {
      const original = read(english);
      const translated = read(korean);
      assert.deepEqual(Object.keys(translated), Object.keys(original));
      for (const [key, text] of Object.entries(original)) {
        assert.deepEqual(placeholders(translated[key] ?? ''), placeholders(text), key);
        assert.notEqual(translated[key], '', key);
      }
    });
  }

  it('names every text of the manifest in package.nls.json, and no other', () => {
    const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
    const used = [...manifest.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
    assert.deepEqual([...new Set(used)].sort(), Object.keys(read('package.nls.json')).sort());
  });
});

function read(file: string): Texts {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Texts;
}

/** What is put in by the code or acted on by VS Code: `{0}`, `${path}`, `(command:…)`. */
function placeholders(text: string): readonly string[] {
  return (text.match(/\$?\{\w+\}|\(command:[\w.]+\)/g) ?? []).sort();
}
