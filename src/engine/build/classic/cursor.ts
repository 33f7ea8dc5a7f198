import type { StepReason, StepState } from '../cache/cacheReport.ts';
import type { BuilderImage } from './builderImage.ts';

/** Where the classic builder stands between two instructions. */
export type Cursor =
  /** On one of these images, or on nothing (scratch). More than one, or a doubt: which one cannot be told. */
  | { readonly kind: 'on'; readonly images: readonly (BuilderImage | 'scratch')[]; readonly doubt?: Doubt }
  /** On an image that nobody has seen: nothing is known of its config. */
  | { readonly kind: 'unseen'; readonly doubt: Doubt }
  /** After a step that is made again: nothing below is looked up. */
  | { readonly kind: 'missed'; readonly instruction: number };

/** Why it cannot be told whether what follows is cached: all of it has this state, unless it is certainly made again. */
export interface Doubt {
  readonly state: Extract<StepState, 'likely' | 'depends' | 'unknown'>;
  readonly reason: StepReason;
}

/** Of two doubts the one that says less. */
export function worse(one: Doubt | undefined, other: Doubt | undefined): Doubt | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const order = ['likely', 'depends', 'unknown'];
  return order.indexOf(other.state) > order.indexOf(one.state) ? other : one;
}
