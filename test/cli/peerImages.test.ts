import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fixture } from '../support/fixtures.ts';
import { laminaJson, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';

/** One line of a listing that skopeo and umoci made of the archive (test/fixtures/images/MANIFEST.md). */
interface Unpacked {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: number | undefined;
  readonly mtime: string | undefined;
  readonly sha256: string | undefined;
  readonly link: string | undefined;
  readonly group: string | undefined;
}

interface Listed {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly mtime?: string;
  readonly sha256?: string;
  readonly link?: string;
  readonly hardlinkOf?: string;
}

describe('images made by others', () => {
  const store = tempDir().file('store');
  const listings = readdirSync(fixture('images/expected-by-umoci')).filter((name) => name.endsWith('.tsv'));

  for (const name of listings) {
    const { image, archive } = imageOf(name.replace(/\.tsv$/, ''));
    it(`${archive} is what umoci unpacks`, async () => {
      const expected = readListing(fixture('images/expected-by-umoci', name));
      assert.deepEqual(await list(image), expected);
    }).timeout(20_000);

    it(`${archive} has the history umoci reads`, async () => {
      const expected = readHistory(fixture('images/expected-by-umoci', name.replace(/tsv$/, 'history.json')));
      const { stdout } = await runLamina(['history', '--no-trunc', '--format', 'json', image], { store });
      const rows = stdout
        .trim()
        .split('\n')
        .filter((line) => line !== '');
      const read = rows.map((line) => JSON.parse(line) as { CreatedBy: string; Comment: string });
      assert.deepEqual(
        read.reverse().map(({ CreatedBy, Comment }) => ({ createdBy: CreatedBy, comment: Comment })),
        expected,
      );
    });
  }

  it('the zstd archive holds what the gzip one holds, which umoci cannot unpack', async () => {
    assert.deepEqual(
      await list(fixture('images/dive/test-oci-zstd-image.tar')),
      await list(fixture('images/dive/test-oci-gzip-image.tar')),
    );
  });

  it('the folders open too, one platform or several', async () => {
    const names = async (folder: string, ...more: string[]): Promise<readonly string[]> =>
      (await list(fixture('images', folder), ...more)).map(({ path }) => path);
    assert.deepEqual(await names('fanal/test.oci'), ['/hello']);
    assert.deepEqual(await names('go-containerregistry/layout/test_index_one_image'), ['/test']);
    for (const architecture of ['amd64', 'arm64']) {
      const paths = await names('stereoscope/multiplatform_oci_dir', '--platform', `linux/${architecture}`);
      assert.deepEqual(paths, ['/linux', `/linux/${architecture}`, `/linux/${architecture}/README.md`]);
    }
  });

  it('what is there is shown although a layer is missing', async () => {
    const { code, stdout, stderr } = await runLamina(
      ['ls', '-R', fixture('images/go-containerregistry/historic/sparse_foreign.tar')],
      { store },
    );
    assert.equal(code, 4);
    assert.equal(stdout, '/random_file_1598098976185383115.txt\n');
    assert.match(stderr, /blob-missing \(layer 1\)/);
  });

  /** What is no image is refused, with the reason and the code for damaged input. */
  const refused: readonly (readonly [name: string, why: RegExp])[] = [
    ['dive/test-estargz-image.tar', /without manifest\.json and index\.json.*README\.md/],
    ['dive/test-uncompressed-image.tar', /without manifest\.json and index\.json/],
    ['fanal/walker-test.tar', /a layer or a root file system/],
    ['go-containerregistry/crane/content.tar.zst', /without manifest\.json and index\.json/],
    ['go-containerregistry/tarball/no_manifest.tar', /Docker 1\.9 or older/],
    ['go-containerregistry/tarball/null_manifest.tar', /manifest\.json is unusable: it is null/],
    ['osv-scalibr/layerscanning/empty.tar', /a tar without any file/],
    ['stereoscope/no_manifests', /an image manifest, not an index/],
    ['stereoscope/valid_manifest', /not JSON/],
  ];
  for (const [name, why] of refused)
    it(`${name} is refused`, async () => {
      const { code, stdout, stderr } = await runLamina(['ls', '-R', fixture('images', name)], { store });
      assert.deepEqual({ code, stdout }, { code: 4, stdout: '' });
      assert.match(stderr, why);
    });

  async function list(image: string, ...more: string[]): Promise<readonly Unpacked[]> {
    const entries = await laminaJson<readonly Listed[]>(['ls', '-R', '--json', '--hash', image, ...more], {
      store,
    });
    // The listings are sorted by whole paths, ours depth first.
    return entries.map(toUnpacked).sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  }
});

/** `a__b.tar@1` is the second image of `a/b.tar`. */
function imageOf(name: string): { readonly image: string; readonly archive: string } {
  const [file = '', position] = name.split('@');
  const archive = file.replaceAll('__', '/');
  const suffix = position === undefined ? '' : `:@${position}`;
  return { image: `${fixture('images', archive)}${suffix}`, archive: `${archive}${suffix}` };
}

function readListing(file: string): readonly Unpacked[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toExpected(line.split('\t')));
}

function toExpected(columns: readonly string[]): Unpacked {
  const [path = '', type = '', mode = '', uid, gid, size, mtime, content = '', group] = columns;
  const isFile = type === 'file';
  return {
    path,
    type,
    mode,
    uid: Number(uid),
    gid: Number(gid),
    size: isFile ? Number(size) : undefined,
    mtime: isFile ? mtime : undefined,
    sha256: isFile ? content : undefined,
    link: content.startsWith('-> ') ? content.slice(3) : undefined,
    group: group?.replace('hardlink-group:', ''),
  };
}

/** In the form of the listings; they say whole seconds. */
function toUnpacked(entry: Listed): Unpacked {
  const { path, type, mode, uid, gid, size, mtime, sha256, link, hardlinkOf } = entry;
  const isFile = type === 'file';
  return {
    path: `/${path}`,
    type,
    mode,
    uid,
    gid,
    size,
    mtime: isFile ? mtime?.replace(/\..*/, '') : undefined,
    sha256,
    link,
    group: hardlinkOf === undefined ? undefined : `/${hardlinkOf}`,
  };
}

function readHistory(file: string): readonly { readonly createdBy: string; readonly comment: string }[] {
  const steps = JSON.parse(readFileSync(file, 'utf8')) as readonly {
    readonly created_by: string | null;
    readonly comment: string | null;
  }[];
  return steps.map(({ created_by, comment }) => ({ createdBy: created_by ?? '', comment: comment ?? '' }));
}
