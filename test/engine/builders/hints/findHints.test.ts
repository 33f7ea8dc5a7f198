import assert from 'node:assert/strict';
import { parseLayerPath } from '../../../../src/engine/base/layerPath.ts';
import { LayerChanges } from '../../../../src/engine/compare/layerChanges.ts';
import type { StepReason, StepState, StepStatus } from '../../../../src/engine/build/cache/cacheReport.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { findHints } from '../../../../src/engine/builders/hints/findHints.ts';
import type { LayerHint, ReadLayer } from '../../../../src/engine/builders/hints/layerHint.ts';
import { mayHoldSecret } from '../../../../src/engine/builders/hints/leftSecrets.ts';
import { createUnionView } from '../../../../src/engine/rootfs/unionView.ts';
import type { LayerLiteral } from '../../../support/buildImage.ts';
import { indexLayer } from '../../../support/unionOf.ts';

const large = 'x'.repeat(150_000);

interface Line {
  readonly text: string;
  readonly layer?: LayerLiteral;
  readonly state?: StepState;
  readonly reason?: Partial<StepReason> & Pick<StepReason, 'code'>;
  readonly seconds?: number;
}

describe('findHints', () => {
  it('tells of files that a later step deletes, and who made them', () => {
    const hints = hintsOf([
      { text: 'FROM debian', layer: { 'base/large': large } },
      { text: 'COPY source /source', layer: { 'source/a': large, 'source/b': large, 'source/c': 'small' } },
      { text: 'RUN rm -rf /source /base', layer: { '.wh.source': '', '.wh.base': '' } },
    ]);
    assert.deepEqual(hints, [
      {
        kind: 'deleted-later',
        instruction: 2,
        madeBy: 1,
        bytes: 300_005,
        files: 3,
        paths: ['/source/a', '/source/b', '/source/c'],
      },
    ]);
  });

  it('tells of package lists that a RUN leaves, unless they are few or deleted later', () => {
    const lists = { 'var/lib/apt/lists/debian_Packages': large, 'var/lib/apt/lists/lock': '' };
    assert.deepEqual(
      hintsOf([
        { text: 'FROM debian' },
        { text: 'RUN apt-get update', layer: lists },
        { text: 'RUN tidy', layer: { 'var/cache/apt/pkgcache.bin': 'small' } },
      ]),
      [{ kind: 'left-behind', instruction: 1, directory: '/var/lib/apt/lists', bytes: 150_000 }],
    );
    const [hint, ...others] = hintsOf([
      { text: 'FROM debian' },
      { text: 'RUN apt-get update', layer: lists },
      { text: 'RUN rm -rf /var/lib/apt/lists/*', layer: { 'var/lib/apt/lists/.wh.debian_Packages': '' } },
    ]);
    assert.equal(hint?.kind, 'deleted-later');
    assert.deepEqual(others, []);
  });

  describe('copies before an installation', () => {
    const changed = (path: string): NonNullable<Line['reason']> => ({
      code: 'files-changed',
      paths: [{ path, change: 'content' }],
      pathCount: 1,
    });
    const python = (path: string, install = 'pip install -r requirements.txt'): readonly Line[] => [
      { text: 'FROM python' },
      {
        text: 'COPY . .',
        layer: { 'app/requirements.txt': 'flask', 'app/app.py': '' },
        state: 'rebuild',
        reason: changed(path),
      },
      {
        text: `RUN ${install}`,
        layer: { 'lib/flask': '' },
        state: 'rebuild',
        reason: { code: 'step-above', instruction: 1 },
        seconds: 41,
      },
    ];

    it('tells of one that is made again for a file that it does not read', () => {
      assert.deepEqual(hintsOf(python('app.py')), [
        {
          kind: 'early-copy',
          instruction: 1,
          installation: 2,
          needed: ['requirements.txt'],
          changed: ['app.py'],
          seconds: 41,
        },
      ]);
    });

    it('says nothing when what the installation reads changed, or when it reads nothing of the copy', () => {
      assert.deepEqual(hintsOf(python('requirements.txt')), []);
      assert.deepEqual(hintsOf(python('app.py', 'pip install flask')), []);
      assert.deepEqual(hintsOf(python('app.py', 'pip install -r other.txt')), []);
      assert.deepEqual(hintsOf(python('app.py', 'npm ci')), []);
    });

    it('says nothing when it is not made again', () => {
      const [from, copy, run] = python('app.py');
      const fine = { state: 'cached', reason: { code: 'found' } } as const;
      assert.deepEqual(hintsOf([from!, { ...copy!, ...fine }, { ...run!, ...fine }]), []);
    });
  });

  describe('secrets', () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\n';
    const found = (files: Readonly<Record<string, string>>): readonly string[] =>
      hintsOf([{ text: 'FROM debian' }, { text: 'COPY . /', layer: files }]).map((hint) =>
        hint.kind === 'secret' ? `${hint.what} ${hint.path}` : hint.kind,
      );

    it('knows them by name and by what is in them', () => {
      assert.deepEqual(
        found({
          'root/.ssh/id_rsa': key,
          'app/.env': 'DEBUG=1\nAPI_KEY=sk-9f8e7d6c5b4a\n',
          'root/.npmrc': '//registry.example/:_authToken=npm_0123456789\n',
          'srv/server.key': '-----BEGIN RSA PRIVATE KEY-----\n',
        }),
        [
          'environment /app/.env',
          'credentials /root/.npmrc',
          'private-key /root/.ssh/id_rsa',
          'private-key /srv/server.key',
        ],
      );
    });

    it('takes no example, placeholder, public part or package’s own file for one', () => {
      assert.deepEqual(
        found({
          'app/.env.example': 'API_KEY=sk-9f8e7d6c5b4a\n',
          'app/.env': 'API_KEY=changeme-please\nTOKEN=${TOKEN}\nDEBUG=verbose-mode\n',
          'root/.ssh/id_rsa.pub': 'ssh-rsa AAAA\n',
          'root/.ssh/id_rsa': 'not a key\n',
          'usr/lib/python3/test/keycert.pem': key,
          'app/node_modules/x/test/server.key': key,
          'root/.npmrc': 'registry=https://registry.example/\n',
        }),
        [],
      );
    });

    it('says that deleting one later hides it only', () => {
      const hints = hintsOf([
        { text: 'FROM debian' },
        { text: 'COPY id_rsa /root/.ssh/', layer: { 'root/.ssh/id_rsa': key } },
        { text: 'RUN rm /root/.ssh/id_rsa', layer: { 'root/.ssh/.wh.id_rsa': '' } },
      ]);
      assert.deepEqual(hints, [
        {
          kind: 'secret',
          instruction: 1,
          path: '/root/.ssh/id_rsa',
          what: 'private-key',
          isHidden: true,
        },
      ]);
    });
  });

  it('tells once of a base that moved', () => {
    const moved = {
      code: 'base-changed',
      subject: 'debian',
      instruction: 0,
      before: 'sha256:1',
      after: 'sha256:2',
    } as const;
    const hints = hintsOf([
      { text: 'FROM debian' },
      { text: 'RUN a', state: 'rebuild', reason: moved },
      { text: 'RUN b', state: 'rebuild', reason: moved },
    ]);
    assert.deepEqual(hints, [
      { kind: 'moved-base', instruction: 0, name: 'debian', before: 'sha256:1', after: 'sha256:2' },
    ]);
  });
});

/** Each line is an instruction; those with a layer made it. */
function hintsOf(lines: readonly Line[]): readonly LayerHint[] {
  const { instructions } = parseDockerfile(lines.map(({ text }) => text).join('\n'));
  const steps = lines.map(({ text, state = 'cached', reason, seconds }, instruction): StepStatus => {
    const { range, lines: span } = instructions[instruction]!;
    const why = { text: '', code: 'found' as const, ...reason };
    return {
      instruction,
      range,
      lines: span,
      stage: '0',
      text,
      state,
      reason: why,
      ...(seconds !== undefined && { seconds }),
    };
  });
  return findHints({ instructions, steps, layers: readLayers(lines) });
}

function readLayers(lines: readonly Line[]): readonly ReadLayer[] {
  const made = lines.flatMap(({ layer }, instruction) =>
    layer === undefined ? [] : [{ layer, instruction }],
  );
  const indexes = made.map(({ layer }) => indexLayer(layer));
  return made.flatMap(({ layer, instruction }, position) => {
    // The first line is FROM: its layer is the base's.
    if (lines[instruction]?.text.startsWith('FROM') === true) return [];
    const view = createUnionView(indexes.slice(0, position + 1));
    const changes = [...new LayerChanges(view).all()].filter(
      ({ isOwn, kind }) => isOwn || kind !== 'modified',
    );
    const heads = new Map(
      changes.filter(mayHoldSecret).map(({ path }) => [path, textOf(layer, path)] as const),
    );
    return [{ instruction, position, changes, heads }];
  });
}

function textOf(layer: LayerLiteral, path: string): string {
  const content: unknown = Object.entries(layer).find(([name]) => parseLayerPath(`/${name}`) === path)?.[1];
  return typeof content === 'string' ? content : '';
}
