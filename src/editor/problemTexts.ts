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
  return {
    'path-escapes-root': vscode.l10n.t('The entry climbs out of the root and is clamped to it'),
    'invalid-whiteout': vscode.l10n.t('The removal names nothing and is ignored'),
    'entry-below-whiteout': vscode.l10n.t('The entry lies below a path that the same layer removes'),
    'entry-under-non-directory': vscode.l10n.t('The entry lies below something that is not a directory'),
    'symlink-loop': vscode.l10n.t('Symbolic links lead in a circle'),
    'hardlink-to-lower-layer': vscode.l10n.t('The hard link leads into a lower layer'),
    'hardlink-before-target': vscode.l10n.t('The hard link comes before its target'),
    'hardlink-target-missing': vscode.l10n.t('The target of the hard link is missing'),
    'hardlink-escapes-root': vscode.l10n.t('The hard link leads out of the root'),
    'hardlink-to-directory': vscode.l10n.t('The hard link leads to a directory'),
    'hardlink-to-self': vscode.l10n.t('The hard link leads to itself'),
    'whiteout-of-recreated-directory': vscode.l10n.t(
      'The layer removes and makes the same directory, which engines read differently',
    ),
    'overlay-xattr-ignored': vscode.l10n.t(
      'An attribute that only the overlay file system may set is ignored',
    ),
    'unknown-typeflag': vscode.l10n.t('The tar has an entry of an unknown type'),
    'gnu-sparse': vscode.l10n.t('The file is stored sparse'),
    'root-not-directory': vscode.l10n.t('The root is not a directory'),
    'tar-damaged': vscode.l10n.t('The tar of the layer is damaged'),
    'blob-missing': vscode.l10n.t('A blob is missing'),
    'blob-damaged': vscode.l10n.t('A blob is damaged'),
    'blob-truncated': vscode.l10n.t('A blob ends too early'),
    'digest-mismatch': vscode.l10n.t('The bytes are not what the digest names'),
    'diffid-mismatch': vscode.l10n.t('The layer is not the one that the configuration names'),
    'size-mismatch': vscode.l10n.t('The size is not the one that the manifest gives'),
    'manifest-missing': vscode.l10n.t('A manifest is missing'),
    'manifest-invalid': vscode.l10n.t('A manifest cannot be read'),
    'manifest-ambiguous': vscode.l10n.t('A manifest can be read in two ways'),
    'config-missing': vscode.l10n.t('The configuration is missing'),
    'config-invalid': vscode.l10n.t('The configuration cannot be read'),
    'layer-count-mismatch': vscode.l10n.t('The manifest and the configuration count the layers differently'),
    'history-mismatch': vscode.l10n.t('The history does not fit the layers'),
    'media-type-mismatch': vscode.l10n.t('The bytes are of another kind than the media type says'),
    'media-type-unknown': vscode.l10n.t('The media type is unknown'),
    'foreign-layer': vscode.l10n.t('The layer lies elsewhere and is not in this image'),
    'encrypted-layer': vscode.l10n.t('The layer is encrypted'),
    'archive-truncated': vscode.l10n.t('The archive ends too early'),
    'archive-entry-escapes': vscode.l10n.t('An entry of the archive leads out of it and is ignored'),
    'layout-marker-missing': vscode.l10n.t('The file oci-layout is missing'),
    'reference-invalid': vscode.l10n.t('A name is not a valid image name'),
    'duplicate-json-key': vscode.l10n.t('A JSON document names a key twice'),
    'schema1-manifest': vscode.l10n.t('The manifest is of the old schema 1'),
    'not-saved': vscode.l10n.t('The entry was not saved'),
    'limit-exceeded': vscode.l10n.t('Something goes beyond a safety limit'),
  };
}
