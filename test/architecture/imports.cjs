// The arrows of src/ARCHITECTURE.md as rules: every folder, and what it may import besides itself.
const engine = {
  base: [],
  oci: ['base'],
  archive: ['base', 'oci'],
  store: ['base', 'oci', 'archive'],
  layers: ['base', 'oci', 'archive', 'store'],
  sources: ['base', 'oci', 'archive', 'store'],
  rootfs: ['base', 'oci', 'archive', 'layers'],
  compare: ['base', 'oci', 'archive', 'sources', 'layers', 'rootfs'],
  // Moving whole images between sources, the store and files.
  transfer: ['base', 'oci', 'archive', 'store', 'sources', 'layers', 'rootfs'],
  snapshots: ['base', 'oci', 'archive', 'store', 'layers', 'rootfs'],
  // Files of containers, of the store and of engines, behind one contract.
  containers: [
    'base',
    'oci',
    'archive',
    'store',
    'sources',
    'layers',
    'rootfs',
    'compare',
    'snapshots',
    'transfer',
  ],
  // Dockerfiles, contexts and cache keys, and the rules of each builder: what a status is computed from.
  build: ['base', 'oci', 'archive', 'store'],
  // Builders that exist: what they remember, how they are driven, and the status put together.
  builders: [
    'base',
    'oci',
    'archive',
    'store',
    'sources',
    'layers',
    'rootfs',
    'compare',
    'snapshots',
    'build',
  ],
};

/** @param {string} folder @param {string[]} allowed */
const room = (folder, allowed) => ({
  name: `engine-${folder}-imports-downward`,
  severity: 'error',
  from: { path: `^src/engine/${folder}/` },
  to: { path: '^src/', pathNot: [folder, ...allowed].map((name) => `^src/engine/${name}/`) },
});

module.exports = {
  forbidden: [
    ...Object.entries(engine).map(([folder, allowed]) => room(folder, allowed)),
    {
      name: 'engine-has-no-editor-api',
      severity: 'error',
      from: { path: '^src/(engine|cli|worker|indexer)' },
      to: { path: '(^vscode$|@types/vscode)' },
    },
    {
      name: 'engine-is-entered-by-the-door',
      severity: 'error',
      from: { path: '^src/(editor|cli|extension)' },
      to: { path: '^src/engine/', pathNot: '^src/engine/index\\.ts$' },
    },
    {
      name: 'engine-knows-no-host',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^src/(editor|cli|webview|extension|worker|indexer)' },
    },
    {
      name: 'features-do-not-import-features',
      severity: 'error',
      from: { path: '^src/editor/([^/]+)/' },
      to: { path: '^src/editor/[^/]+/', pathNot: '^src/editor/$1/' },
    },
    {
      name: 'cli-and-editor-are-strangers',
      severity: 'error',
      from: { path: '^src/(cli)' },
      to: { path: '^src/(editor|extension|webview)' },
    },
    {
      name: 'src-does-not-import-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
