import { EngineError } from '../../base/errors.ts';
import { isDigest } from '../../oci/digest.ts';
import { isRepositoryPath, isTag } from '../../oci/reference.ts';
import type { RegistrySession } from './registrySession.ts';

/** The addresses of a repository's things (distribution-spec, "Endpoints"). Only names of the exact grammar get in. */
export interface RepositoryUrls {
  /** @throws EngineError `invalid-reference`. */
  manifest(reference: string): string;
  /** @throws EngineError `invalid-reference`. */
  blob(digest: string): string;
  readonly uploads: string;
  readonly tags: string;
  /** @throws EngineError `invalid-reference`. */
  referrers(digest: string): string;
}

/** @throws EngineError `invalid-reference` when the path is no repository's name. */
export function repositoryUrls({ origin }: RegistrySession, path: string): RepositoryUrls {
  const base = `${origin}/v2/${checkPath(path)}`;
  return {
    manifest: (reference) => `${base}/manifests/${checkReference(reference)}`,
    blob: (digest) => `${base}/blobs/${checkDigest(digest)}`,
    uploads: `${base}/blobs/uploads/`,
    tags: `${base}/tags/list`,
    referrers: (digest) => `${base}/referrers/${checkDigest(digest)}`,
  };
}

/** What a manifest is called in messages: `app:1.2`, `app@sha256:…`. */
export function nameOf(path: string, reference: string): string {
  return `${path}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** @throws EngineError `invalid-reference`. */
export function checkPath(path: string): string {
  if (!isRepositoryPath(path)) throw invalid(path, 'no name of a repository');
  return path;
}

/** @throws EngineError `invalid-reference`. */
export function checkDigest(digest: string): string {
  if (!isDigest(digest)) throw invalid(digest, 'not a sha256 or sha512 digest');
  return digest;
}

function checkReference(reference: string): string {
  if (!isDigest(reference) && !isTag(reference)) throw invalid(reference, 'neither a tag nor a digest');
  return reference;
}

function invalid(text: string, why: string): EngineError {
  return new EngineError('invalid-reference', text.slice(0, 300), why);
}
