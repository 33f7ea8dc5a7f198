import type { KeyFormat } from '../../build/operationKey/keyFormat.ts';
import { asObject } from '../../oci/json.ts';
import { fileOperation } from './fileOperation.ts';
import { inGoOrder, mergeShape } from './goOrder.ts';
import { keyedBy, type StepOperation } from './keyedStep.ts';
import type { ProvenanceStep } from './provenance.ts';
import { runOperation } from './runOperation.ts';

/**
 * The operation of a step as it was hashed: the members of the provenance in Go's order, without those that do not count
 * (build-cache.md §1.1). Undefined of what is no operation (an image, a context), and of one with members that are not
 * known.
 */
export function stepOperation(step: ProvenanceStep, format: KeyFormat): StepOperation | undefined {
  const { operation } = step;
  if (operation['exec'] !== undefined) return runOperation(step, format);
  if (operation['file'] !== undefined) return fileOperation(step);
  const merge = inGoOrder(asObject(operation['merge']), mergeShape);
  if (merge === undefined) return undefined;
  return {
    kind: 'merge',
    operation: keyedBy({ Type: 'buildkit.merge.v0', Merge: merge }),
    reads: new Map(),
  };
}
