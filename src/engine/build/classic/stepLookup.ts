import type { StepReason } from '../cache/cacheReport.ts';
import type { Command } from '../dockerfile/commands.ts';
import type { BuilderImage } from './builderImage.ts';
import type { CacheSources } from './cacheSources.ts';
import type { ClassicInput } from './classicInput.ts';
import type { CopyReading } from './copyReading.ts';
import { type Cursor, worse } from './cursor.ts';
import { type ExpectedStep, expectedText } from './expectedStep.ts';
import { type ImageShelf, isOfCommand } from './imageShelf.ts';
import { type MissedStep, missReason } from './missReason.ts';
import { askedFor, foundAs, stepAbove } from './reasons.ts';
import type { Outcome } from './reportSteps.ts';
import { stepLayer } from './stepLayer.ts';

/** A step that is looked up. */
export interface LookedFor {
  readonly command: Command;
  /** Positions of the instruction, and of its FROM. */
  readonly at: number;
  readonly from: number;
  readonly isFirst: boolean;
  readonly expected: ExpectedStep;
  readonly reading: CopyReading;
  /** Variables that went into it. */
  readonly used: ReadonlySet<string>;
}

export interface LookedUp {
  readonly outcome: Outcome;
  readonly next: Cursor;
}

/** Looks for steps among the engine's images, and tells why one is not there. */
export class StepLookup {
  readonly #input: ClassicInput;
  readonly #shelf: ImageShelf;
  readonly #sources: CacheSources | undefined;

  /** @param sources of `--cache-from`: then nothing else is looked at. */
  constructor(input: ClassicInput, shelf: ImageShelf, sources: CacheSources | undefined) {
    this.#input = input;
    this.#shelf = shelf;
    this.#sources = sources;
  }

  async look(step: LookedFor, cursor: Cursor): Promise<LookedUp> {
    if (this.#input.request.noCache === true) return rebuilt(step, askedFor);
    if (cursor.kind === 'missed')
      return { outcome: { state: 'rebuild', reason: stepAbove(cursor.instruction) }, next: cursor };
    const found = this.#find(step.expected, cursor);
    const [first] = found;
    if (first === undefined) return rebuilt(step, await this.#whyMissed(step, cursor));
    const layer = stepLayer(first, layersBelow(cursor));
    const doubt = worse(cursor.doubt, step.reading.doubt);
    if (doubt === undefined)
      return {
        outcome: { state: 'cached', reason: foundAs(first.id), layer },
        next: { kind: 'on', images: [first] },
      };
    const isOne = found.length === 1;
    return { outcome: { ...doubt, ...(isOne && { layer }) }, next: { kind: 'on', images: found, doubt } };
  }

  /** The images that the step may lead to: one, when nothing is in doubt. */
  #find(expected: ExpectedStep, cursor: Exclude<Cursor, { kind: 'missed' }>): readonly BuilderImage[] {
    if (cursor.kind === 'unseen') return this.#shelf.all.filter((image) => isOfCommand(image, expected));
    return cursor.images.flatMap((image) => {
      if (this.#sources !== undefined) return this.#sources.matches(image, expected);
      const found = this.#shelf.matches(image === 'scratch' ? '' : image.id, expected);
      return expected.command.kind === 'any-sum' ? found : found.slice(0, 1);
    });
  }

  #whyMissed(step: LookedFor, cursor: Cursor): StepReason | Promise<StepReason> {
    return this.#sources?.isEmpty === true ? nothingImported : missReason(this.#missed(step, cursor));
  }

  #missed({ command, from, isFirst, expected, reading, used }: LookedFor, cursor: Cursor): MissedStep {
    const { filesOfSum } = this.#input;
    const { files } = reading;
    const below = cursor.kind === 'on' ? cursor.images : [];
    const siblings = below.flatMap((image) => this.#shelf.childrenOf(image === 'scratch' ? '' : image.id));
    return {
      ...{ command, from, isFirst, used },
      expected: expectedText(expected),
      siblings: below.length === 0 ? undefined : siblings,
      isElsewhere: this.#shelf.all.some((image) => isOfCommand(image, expected)),
      ...(files !== undefined && { files }),
      ...(filesOfSum !== undefined && { filesOfSum }),
    };
  }
}

const nothingImported: StepReason = {
  code: 'option-changed',
  text: 'no image of --cache-from is here, and with that option this builder looks nowhere else',
  subject: '--cache-from',
};

function rebuilt({ at }: LookedFor, reason: StepReason): LookedUp {
  return { outcome: { state: 'rebuild', reason }, next: { kind: 'missed', instruction: at } };
}

function layersBelow(cursor: Cursor): number {
  const [parent] = cursor.kind === 'on' ? cursor.images : [];
  return parent === undefined || parent === 'scratch' ? 0 : parent.diffIds.length;
}
