import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { ImageSource } from './imageSource.ts';
import { EngineError } from '../base/errors.ts';
import { type Digest, algorithmOf, digestOf, hexOf } from '../oci/digest.ts';
import { asObject, parseJson } from '../oci/json.ts';
import { manifestLimit, parseManifest } from '../oci/manifest.ts';
import { ContentSource } from './contentSource.ts';
import { manifestName } from './dockerManifest.ts';
import { SourceBlobs } from './sourceBlobs.ts';

const versionName = 'version';

/**
 * skopeo's and podman's directory form: `manifest.json` is the manifest or index itself, blobs lie beside it by their
 * bare hex digests, manifests of an index as `<hex>.manifest.json` (formats.md §1.2).
 *
 * @returns undefined when `manifest.json` is absent or no manifest.
 */
export async function openSkopeoDir(files: FilesPort): Promise<ImageSource | undefined> {
  const bytes = (await files.stat(manifestName)) && (await files.read(manifestName, manifestLimit));
  if (bytes === undefined || !isManifestObject(bytes)) return undefined;
  const manifest = parseRoot(bytes, files.path);
  const root = digestOf(bytes);
  return new ContentSource({
    kind: 'dir',
    files,
    blobs: new SourceBlobs(files, (digest) => (digest === root ? [manifestName] : namesOf(digest))),
    roots: [{ mediaType: manifest.mediaType, digest: root, size: bytes.length }],
    problems: await checkVersion(files),
  });
}

function isManifestObject(bytes: Uint8Array): boolean {
  try {
    const object = asObject(parseJson(bytes, manifestName, 'manifest').value);
    return object !== undefined && ('schemaVersion' in object || 'mediaType' in object);
  } catch {
    return false;
  }
}

function parseRoot(bytes: Uint8Array, path: string): { readonly mediaType: string } {
  try {
    return parseManifest(bytes, manifestName);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new EngineError('invalid-archive', path, `its ${manifestName} is unusable: ${cause.detail}`, {
      cause,
    });
  }
}

function namesOf(digest: Digest): readonly string[] {
  const hex = algorithmOf(digest) === 'sha256' ? hexOf(digest) : digest.replace(':', '-');
  return [hex, `${hex}.manifest.json`];
}

async function checkVersion(files: FilesPort): Promise<readonly Problem[]> {
  const version =
    (await files.stat(versionName)) && (await files.read(versionName, 1024).catch(() => undefined));
  if (version?.toString('latin1').startsWith('Directory Transport Version:') === true) return [];
  return [
    { code: 'layout-marker-missing', subject: versionName, detail: 'there is no version file of skopeo' },
  ];
}
