import type { StepReason } from '../cache/cacheReport.ts';
import type { BuilderImage } from '../classic/builderImage.ts';
import { isCopy } from '../classic/classicStage.ts';
import { type Doubt, worse } from '../classic/cursor.ts';
import { missReason } from '../classic/missReason.ts';
import { askedFor, foundAs, stepAbove } from '../classic/reasons.ts';
import type { Outcome } from '../classic/reportSteps.ts';
import { stepLayer } from '../classic/stepLayer.ts';
import type { Command } from '../dockerfile/commands.ts';
import { mountSource } from '../dockerfile/mounts.ts';
import type { BuildahInput } from './buildahInput.ts';
import type { BuildahReading } from './buildahReading.ts';
import type { BuildahCursor, BuildahStages } from './buildahStages.ts';
import type { BuildahState } from './buildahState.ts';
import { type BuildahRules, buildahRules } from './buildahVersion.ts';
import { type CreatedBy, createdByCopy, expectedText, hasBind } from './createdBy.ts';
import { type HistoryShelf, lastText } from './historyShelf.ts';
import { type StaleValue, staleValue } from './staleValue.ts';

/** A step that is looked up. */
export interface BuildahStep {
  readonly command: Command;
  /** Positions of the instruction, and of its FROM; the number of its stage. */
  readonly at: number;
  readonly from: number;
  readonly stage: number;
  readonly isFirst: boolean;
  readonly expected: CreatedBy;
  readonly reading: BuildahReading;
  /** As the file has it behind the instruction. */
  readonly state: BuildahState;
}

export interface BuildahLooked {
  readonly outcome: Outcome;
  readonly next: BuildahCursor;
}

/** Looks for steps among the store's images, and tells why one is not there. */
export class BuildahLookup {
  readonly #input: BuildahInput;
  readonly #shelf: HistoryShelf;
  readonly #stages: BuildahStages;
  readonly #rules: BuildahRules;

  constructor(input: BuildahInput, shelf: HistoryShelf, stages: BuildahStages) {
    this.#input = input;
    this.#shelf = shelf;
    this.#stages = stages;
    this.#rules = buildahRules(input.builder);
  }

  /** Whether anything can be found there. */
  isLooking(cursor: BuildahCursor): boolean {
    return cursor.kind !== 'missed' && this.#input.hasLayers && this.#input.request.noCache !== true;
  }

  async look(step: BuildahStep, cursor: BuildahCursor): Promise<BuildahLooked> {
    if (!this.#input.hasLayers) return rebuilt(step, withoutLayers);
    if (this.#input.request.noCache === true) return rebuilt(step, askedFor);
    if (cursor.kind === 'missed')
      return { outcome: { state: 'rebuild', reason: stepAbove(cursor.instruction) }, next: cursor };
    const mounted = this.#mountMadeAgain(step);
    if (mounted !== undefined) return rebuilt(step, mounted);
    const found = this.#find(step, cursor);
    const isOpen = isCopy(step.command) && mayHaveAttributes(found, step.reading);
    const reading = isOpen ? await step.reading.again?.() : undefined;
    if (reading !== undefined && isCopy(step.command))
      return this.look({ ...step, reading, expected: createdByCopy(step.command, reading.digests) }, cursor);
    const isUnread = isOpen && step.reading.again !== undefined;
    const [first] = found.images;
    if (cursor.kind === 'unseen') return { outcome: cursor.doubt, next: cursor };
    if (first === undefined && isUnread && !this.#isChangedSince(step, cursor))
      return {
        outcome: unreadAttributes('unknown'),
        next: { kind: 'unseen', doubt: unreadAttributes('unknown') },
      };
    if (first === undefined) return rebuilt(step, await this.#whyMissed(step, cursor));
    const { doubt } = step.reading;
    const open = isUnread
      ? { reading: { doubt: worse(doubt, unreadAttributes('likely')) ?? unreadAttributes('likely') } }
      : {};
    return this.#found({ ...step, ...open }, cursor, found, first);
  }

  /** Whether anything was changed since a step of its kind was made here. */
  #isChangedSince({ command, reading: { changed = 0 } }: BuildahStep, cursor: BuildahCursor): boolean {
    const below = cursor.kind === 'on' ? cursor.images : [];
    const keyword = `#(nop) ${command.kind.toUpperCase()} `;
    const siblings = below.flatMap((each) => this.#shelf.childrenOf(each));
    return siblings
      .filter((image) => lastText(image).includes(keyword))
      .every(({ created }) => changed > created);
  }

  #found(step: BuildahStep, cursor: BuildahCursor, found: Found, first: BuilderImage): BuildahLooked {
    const { command, state, reading } = step;
    const layer = stepLayer(first, first.diffIds.length - (makesLayer(command) ? 1 : 0));
    const above = cursor.kind === 'on' ? cursor.doubt : undefined;
    const doubt = worse(worse(above, reading.doubt), this.#ownDoubt(command, found));
    if (doubt !== undefined)
      return { outcome: { ...doubt, layer }, next: { kind: 'on', images: found.images, doubt } };
    const next: BuildahCursor = { kind: 'on', images: found.images };
    const stale = staleValue(command, state.config, first.config);
    if (stale !== undefined) return { outcome: { state: 'stale', reason: notCompared(stale), layer }, next };
    return { outcome: { state: 'cached', reason: foundOf(first, command), layer }, next };
  }

  #find({ expected, command }: BuildahStep, cursor: Exclude<BuildahCursor, { kind: 'missed' }>): Found {
    if (cursor.kind === 'unseen') return { images: [], isEverywhere: true };
    const each = cursor.images.map((below) => this.#shelf.matches(below, expected, makesLayer(command)));
    return { images: each.flat(), isEverywhere: each.every((images) => images.length > 0) };
  }

  /** What cannot be told of this step alone. */
  #ownDoubt(command: Command, { isEverywhere }: Found): Doubt | undefined {
    if (command.kind === 'run' && this.#rules.sumsMounts && hasBind(command)) return summedMount;
    return isEverywhere ? undefined : severalImages;
  }

  /** A mounted stage that was made again: newer versions do not look up then. */
  #mountMadeAgain({ command, stage }: BuildahStep): StepReason | undefined {
    if (command.kind !== 'run' || !this.#rules.seesStagesOfMounts) return undefined;
    for (const name of command.mounts.map(({ text }) => mountSource(text)).filter((each) => each !== '')) {
      const instruction = this.#stages.madeAgain(name, stage);
      const text = `${name}, which it mounts, is made again`;
      if (instruction !== undefined) return { code: 'mount-changed', text, subject: name, instruction };
    }
    return undefined;
  }

  #whyMissed(step: BuildahStep, cursor: BuildahCursor): Promise<StepReason> {
    const { command, expected, from, isFirst, state, reading } = step;
    const { filesOfSum } = this.#input;
    const below = cursor.kind === 'on' ? cursor.images : [];
    const text = expectedText(expected);
    return missReason({
      ...{ command, from, isFirst, expected: text },
      siblings: below.length === 0 ? undefined : below.flatMap((each) => this.#shelf.childrenOf(each)),
      isElsewhere: this.#shelf.all.some((image) => lastText(image).trimEnd() === text.trimEnd()),
      // Texts are as written: only RUN and COPY show what a variable was.
      used: makesLayer(command) ? state.used : new Set(),
      ...(reading.files !== undefined && { files: reading.files }),
      ...(filesOfSum !== undefined && { filesOfSum }),
    });
  }
}

interface Found {
  readonly images: readonly BuilderImage[];
  /** Whether each image that the step may be made on has one. */
  readonly isEverywhere: boolean;
}

/** All others only change the config. */
export function makesLayer(command: Command): boolean {
  return command.kind === 'run' || isCopy(command);
}

/** Not all stores tell more than seconds. */
const slackMs = 1000;

/** Nothing was found, or its files were touched after the image was made, so that they may have got attributes. */
function mayHaveAttributes({ images }: Found, { changed = 0 }: BuildahReading): boolean {
  return images.every(({ created }) => changed > created - slackMs);
}

function rebuilt({ at }: BuildahStep, reason: StepReason): BuildahLooked {
  return { outcome: { state: 'rebuild', reason }, next: { kind: 'missed', instruction: at } };
}

function foundOf({ id }: BuilderImage, command: Command): StepReason {
  const found = foundAs(id);
  const isMounting = command.kind === 'run' && hasBind(command);
  return isMounting ? { ...found, text: `${found.text}; what its mounts show is not compared` } : found;
}

function notCompared({ name, before, after }: StaleValue): StepReason {
  const text = `${name} is ${after ?? 'not set'} now, and the image keeps ${before ?? 'none'}: only texts are compared`;
  return {
    ...{ code: 'not-compared', text, subject: name },
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

const withoutLayers: StepReason = {
  code: 'not-cached-asked',
  text: 'without --layers buildah keeps no steps and looks none up',
  subject: '--layers',
};
function unreadAttributes(state: 'likely' | 'unknown'): Doubt {
  const text = 'extended attributes of its files count too, and cannot be read here';
  return { state, reason: { code: 'context-unreadable', text } };
}

const summedMount: Doubt = {
  state: 'unknown',
  reason: {
    code: 'not-understood',
    text: 'what its mount shows is summed in a way that is not computed here',
  },
};
const severalImages: Doubt = {
  state: 'likely',
  reason: {
    code: 'found-in-image',
    text: 'the step above may be one of several images, and not all have it',
  },
};
