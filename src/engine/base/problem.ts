/**
 * What is wrong with an image although it can be shown. The layer codes are those of the test vectors;
 * the rest name what a loader would refuse or a verifier would find.
 */
export type ProblemCode =
  | LayerProblemCode
  | 'blob-missing'
  | 'blob-damaged'
  | 'blob-truncated'
  | 'digest-mismatch'
  | 'diffid-mismatch'
  | 'size-mismatch'
  | 'manifest-missing'
  | 'manifest-invalid'
  | 'manifest-ambiguous'
  | 'config-missing'
  | 'config-invalid'
  | 'layer-count-mismatch'
  | 'history-mismatch'
  | 'media-type-mismatch'
  | 'media-type-unknown'
  | 'foreign-layer'
  | 'encrypted-layer'
  | 'archive-truncated'
  | 'archive-entry-escapes'
  | 'layout-marker-missing'
  | 'reference-invalid'
  | 'duplicate-json-key'
  | 'schema1-manifest'
  /** Left out when files of an image were written to disk; the detail says why. */
  | 'not-saved'
  | 'limit-exceeded';

/** What the rules of layer application report (OCI image-spec, layer.md; vectors' `issues`). */
export type LayerProblemCode =
  | 'path-escapes-root'
  | 'invalid-whiteout'
  | 'entry-below-whiteout'
  | 'entry-under-non-directory'
  | 'symlink-loop'
  | 'hardlink-to-lower-layer'
  | 'hardlink-before-target'
  | 'hardlink-target-missing'
  | 'hardlink-escapes-root'
  | 'hardlink-to-directory'
  | 'hardlink-to-self'
  | 'whiteout-of-recreated-directory'
  | 'overlay-xattr-ignored'
  | 'unknown-typeflag'
  | 'gnu-sparse'
  | 'root-not-directory'
  | 'tar-damaged';

/** One finding. `subject` and `detail` may hold hostile text; hosts escape them. */
export interface Problem {
  readonly code: ProblemCode;
  /** The path, digest or name it is about. */
  readonly subject: string;
  readonly detail?: string;
  /** The layer's position, lowest 0, where the problem is one layer's. */
  readonly layer?: number;
}
