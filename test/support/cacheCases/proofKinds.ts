import type { BuilderName } from './caseBuilders.ts';
import type { ProofEvidence } from './statusProof.ts';

/** What each builder has to tell of a build that was made; buildah alone has no door but a Podman's. */
export const evidenceOf: Readonly<Partial<Record<BuilderName, readonly ProofEvidence[]>>> = {
  'BuildKit in Engine 29, buildx': ['lamina', 'inline cache', 'history record', 'image'],
  'BuildKit in Engine 29, CLI 20.10': ['lamina', 'inline cache', 'history record', 'image'],
  'BuildKit in Engine 20.10': ['lamina', 'inline cache', 'image'],
  'BuildKit alone, buildctl': ['lamina', 'history record'],
  'classic builder of Engine 20.10': ['lamina', 'image'],
  'classic builder of Engine 29': ['lamina', 'image'],
  'buildah in Podman': ['lamina', 'image'],
};

/** How much of the steps has to be right, in percent. */
export function floorOf(builder: string, evidence: string): number {
  // It keeps its images to itself, and a record says nothing of the context's files.
  if (builder === 'BuildKit alone, buildctl' && evidence === 'history record') return 0;
  return evidence === 'image' ? 70 : 95;
}
