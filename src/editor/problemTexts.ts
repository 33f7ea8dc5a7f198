import * as vscode from 'vscode';
import { escapeForDisplay, type Problem, type ProblemCode } from '../engine/index.ts';

/** A problem in one sentence, with its subject and detail. */
export function problemText(problem: Problem): string {
  const text = texts()[problem.code];
  const about = [problem.subject, problem.detail].filter((part) => part !== undefined && part !== '');
  return about.length === 0
    ? text
    : `${text}: ${about.map((part) => escapeForDisplay(part ?? '')).join(' \u2013 ')}`;
}

function texts(): Record<ProblemCode, string> {
  const { t } = vscode.l10n;
  return {
    'path-escapes-root': t('The entry climbs out of the root and is clamped to it'),
    'invalid-whiteout': t('The removal names nothing and is ignored'),
    'entry-below-whiteout': t('The entry lies below a path that the same layer removes'),
    'entry-under-non-directory': t('The entry lies below something that is not a directory'),
    'symlink-loop': t('Symbolic links lead in a circle'),
    'hardlink-to-lower-layer': t('The hard link leads into a lower layer'),
    'hardlink-before-target': t('The hard link comes before its target'),
    'hardlink-target-missing': t('The target of the hard link is missing'),
    'hardlink-escapes-root': t('The hard link leads out of the root'),
    'hardlink-to-directory': t('The hard link leads to a directory'),
    'hardlink-to-self': t('The hard link leads to itself'),
    'whiteout-of-recreated-directory': t(
      'The layer removes and makes the same directory, which engines read differently',
    ),
    'overlay-xattr-ignored': t('An attribute that only the overlay file system may set is ignored'),
    'unknown-typeflag': t('The tar has an entry of an unknown type'),
    'gnu-sparse': t('The file is stored sparse'),
    'root-not-directory': t('The root is not a directory'),
    'tar-damaged': t('The tar of the layer is damaged'),
    'blob-missing': t('A blob is missing'),
    'blob-damaged': t('A blob is damaged'),
    'blob-truncated': t('A blob ends too early'),
    'digest-mismatch': t('The bytes are not what the digest names'),
    'diffid-mismatch': t('The layer is not the one that the configuration names'),
    'size-mismatch': t('The size is not the one that the manifest gives'),
    'manifest-missing': t('A manifest is missing'),
    'manifest-invalid': t('A manifest cannot be read'),
    'manifest-ambiguous': t('A manifest can be read in two ways'),
    'config-missing': t('The configuration is missing'),
    'config-invalid': t('The configuration cannot be read'),
    'layer-count-mismatch': t('The manifest and the configuration count the layers differently'),
    'history-mismatch': t('The history does not fit the layers'),
    'media-type-mismatch': t('The bytes are of another kind than the media type says'),
    'media-type-unknown': t('The media type is unknown'),
    'foreign-layer': t('The layer lies elsewhere and is not in this image'),
    'encrypted-layer': t('The layer is encrypted'),
    'archive-truncated': t('The archive ends too early'),
    'archive-entry-escapes': t('An entry of the archive leads out of it and is ignored'),
    'layout-marker-missing': t('The file oci-layout is missing'),
    'reference-invalid': t('A name is not a valid image name'),
    'duplicate-json-key': t('A JSON document names a key twice'),
    'schema1-manifest': t('The manifest is of the old schema 1'),
    'not-saved': t('The entry was not saved'),
    'limit-exceeded': t('Something goes beyond a safety limit'),
  };
}
