import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');

interface Manifest {
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> };
  };
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
const editorSources = [...globSync('src/editor/**/*.ts', { cwd: root }), 'src/extension.ts'].map((file) =>
  readFileSync(path.join(root, file), 'utf8'),
);

describe('manifest', () => {
  const declared = manifest.contributes.commands.map(({ command }) => command).sort();

  it('has a row for each command of the tables, and no other', () => {
    const tables = editorSources.flatMap((source) => [
      ...source.matchAll(/(?:^\s+|\{ )'(lamina\.\w+)': (?:async )?\(/gm),
    ]);
    assert.deepEqual(declared, [...new Set(tables.map((match) => match[1] ?? ''))].sort());
  });

  it('puts every command under Lamina', () => {
    for (const { command, category } of manifest.contributes.commands)
      assert.equal(category, 'Lamina', command);
  });

  it('names only declared commands in menus', () => {
    const named = Object.values(manifest.contributes.menus).flat();
    assert.deepEqual(
      named.map(({ command }) => command).filter((command) => !declared.includes(command)),
      [],
    );
  });

  it('runs only declared commands from the code', () => {
    const calls = /(?:executeCommand\(|button\(|commandLink\(|command: ?)\s*['`]?(lamina\.\w+)/g;
    const run = editorSources.flatMap((source) => [...source.matchAll(calls)].map((match) => match[1] ?? ''));
    assert.ok(run.length > 5, 'the pattern finds the calls');
    assert.deepEqual(
      run.filter((id) => !declared.includes(id)),
      [],
    );
  });

  it('reads exactly the settings that are declared', () => {
    const settings = readFileSync(path.join(root, 'src/editor/settings.ts'), 'utf8');
    const read = [...settings.matchAll(/(?:read<\w+>|texts)\('([\w.]+)'/g)].map(
      (match) => `lamina.${match[1] ?? ''}`,
    );
    assert.deepEqual(read.sort(), Object.keys(manifest.contributes.configuration.properties).sort());
  });

  it('restricts settings that name places of the machine, or have them looked for', () => {
    const { properties } = manifest.contributes.configuration;
    const places = Object.keys(properties).filter((name) =>
      /\.(path|endpoints|discover|plainHttp|contexts)$/.test(name),
    );
    assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations, places);
    for (const place of places)
      // A folder may have contexts of its own.
      if (!/\.(discover|contexts)$/.test(place))
        assert.equal(properties[place]?.scope, 'machine-overridable');
  });
});
