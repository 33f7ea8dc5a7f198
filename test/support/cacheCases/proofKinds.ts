import type { BuilderName } from './caseBuilders.ts';
import type { ProofEvidence } from './statusProof.ts';
import type { VerdictRow } from './verdictTable.ts';

const alone = 'BuildKit alone, buildctl';
const buildx = 'BuildKit in Engine 29, buildx';

/** What each builder has to tell of a build that was made. */
export const evidenceOf: Readonly<Partial<Record<BuilderName, readonly ProofEvidence[]>>> = {
  [buildx]: ['lamina', 'inline cache', 'history record', 'history record, late', 'image'],
  // Neither its client nor buildctl leaves which directory it sent, so that it is one whether a record is seen soon or late.
  'BuildKit in Engine 29, CLI 20.10': ['lamina', 'inline cache', 'history record, late', 'image'],
  'BuildKit in Engine 20.10': ['lamina', 'inline cache', 'image'],
  [alone]: ['lamina', 'inline cache', 'history record, late'],
  'classic builder of Engine 20.10': ['lamina', 'image'],
  'classic builder of Engine 29': ['lamina', 'image'],
  buildah: ['lamina', 'image'],
  'buildah in Podman': ['lamina', 'image'],
  // Its record is that of the CLI 20.10, which says no more of the context.
  'BuildKit in Engine 29, API': ['lamina', 'inline cache', 'image'],
  'classic builder of Engine 29, API': ['lamina', 'image'],
  'buildah in Podman, API': ['lamina', 'image'],
};

/** How much of the steps has to be right, in percent. */
export function floorOf({ builder, evidence }: VerdictRow): number {
  if (evidence === 'image') return 70;
  if (evidence !== 'history record, late') return 95;
  // A record names every operation, and the files of the context nowhere: what was edited since is lost where no layer has it.
  return builder.includes('CLI 20.10') ? 85 : 90;
}

const fetched = 'what an address gives is known when it was fetched';

/** Cases with steps of which nobody could tell, and why, by what there is to go by: all others have to be known. */
const unknowable: Readonly<
  Partial<Record<ProofEvidence, readonly (readonly [cases: RegExp, why: string])[]>>
> = {
  lamina: [[/^add-url-/, fetched]],
  'inline cache': [
    [/^add-url-/, fetched],
    [/^copy-same-size-same-mtime|^copy-dir-own-mode$/, 'its keys do not tell what the builder was sent last'],
    [
      /^text-revert$|-and-back$/,
      'an image has the cache of one build, and the builder lists records of others',
    ],
  ],
  'history record': [
    [/^add-url-/, fetched],
    [/^copy-same-size-same-mtime/, 'whether another build has sent the files since is not told'],
  ],
};

export function isUnknowable(evidence: string, caseId: string): boolean {
  return unknowable[evidence as ProofEvidence]?.some(([cases]) => cases.test(caseId)) === true;
}
