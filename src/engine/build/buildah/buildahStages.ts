import { normalizeName } from '../../oci/reference.ts';
import type { BuilderImage } from '../classic/builderImage.ts';
import { type ContainerConfig, emptyConfig } from '../classic/containerConfig.ts';
import type { Doubt } from '../classic/cursor.ts';
import { assumedBase, notAsked } from '../classic/reasons.ts';
import type { Stage } from '../dockerfile/readStages.ts';
import type { BuildahInput } from './buildahInput.ts';
import { buildahRules } from './buildahVersion.ts';
import { type Below, type HistoryShelf, scratch } from './historyShelf.ts';
import { stageNamed } from './stageNeeds.ts';

/** Where buildah stands between two instructions. */
export type BuildahCursor =
  /** On one of these: more than one, or a doubt, when it cannot be told which. */
  | { readonly kind: 'on'; readonly images: readonly Below[]; readonly doubt?: Doubt }
  /** On an image that nobody has seen. */
  | { readonly kind: 'unseen'; readonly doubt: Doubt }
  /** After a step that is made again: nothing below is looked up. */
  | { readonly kind: 'missed'; readonly instruction: number };

/** What a stage left to those after it, or an image gives to one that begins with it. */
export interface BuildahEnd {
  readonly cursor: BuildahCursor;
  readonly config: ContainerConfig;
}

/** What FROM and `--from` can name: earlier stages, nothing, and images, of which registries may have newer ones. */
export class BuildahStages {
  readonly #input: BuildahInput;
  readonly #shelf: HistoryShelf;
  readonly #stages: readonly Stage[];
  readonly #asksRegistries: boolean;
  readonly #ends = new Map<Stage, BuildahEnd>();

  constructor(input: BuildahInput, shelf: HistoryShelf, stages: readonly Stage[]) {
    this.#input = input;
    this.#shelf = shelf;
    this.#stages = stages;
    this.#asksRegistries = buildahRules(input.builder).asksRegistries || input.request.pull === true;
  }

  add(stage: Stage, end: BuildahEnd): void {
    this.#ends.set(stage, end);
  }

  /** @param before the number of the stage that asks. */
  baseOf(name: string, before: number): BuildahEnd {
    const built = this.#built(name, before);
    if (built !== undefined) return built;
    if (name === 'scratch') return { cursor: { kind: 'on', images: [scratch] }, config: emptyConfig };
    return this.#imageEnd(name);
  }

  sourceOf(name: string, before: number): BuildahCursor {
    return (this.#built(name, before) ?? this.#imageEnd(name)).cursor;
  }

  /** A stage of that name, where it was made again: the instruction. */
  madeAgain(name: string, before: number): number | undefined {
    const cursor = this.#built(name, before)?.cursor;
    return cursor?.kind === 'missed' ? cursor.instruction : undefined;
  }

  #built(name: string, before: number): BuildahEnd | undefined {
    const stage = stageNamed(name, before, this.#stages);
    return stage && this.#ends.get(stage);
  }

  #imageEnd(name: string): BuildahEnd {
    const remote = this.#input.pulled?.get(normalizeName(name));
    const local = this.#localImage(name);
    const asksNobody = local?.isOwn === true || (local !== undefined && !this.#asksRegistries);
    if (local !== undefined && asksNobody) return on(local.image, triggersNotTold(name, local.image));
    if (remote !== undefined) return this.#remoteEnd(name, remote);
    if (local === undefined)
      return { cursor: { kind: 'unseen', doubt: notAsked(name) }, config: emptyConfig };
    return on(local.image, triggersNotTold(name, local.image) ?? assumedBase(name, local.image.id));
  }

  #remoteEnd(name: string, remote: string | BuilderImage): BuildahEnd {
    const known = this.#shelf.find(typeof remote === 'string' ? remote : remote.id);
    if (known !== undefined) return on(known, triggersNotTold(name, known));
    if (typeof remote !== 'string') return on(remote);
    return { cursor: { kind: 'unseen', doubt: notRead(name) }, config: emptyConfig };
  }

  /** An image that was built here, or is named by its ID, is of no registry. */
  #localImage(name: string): { readonly image: BuilderImage; readonly isOwn: boolean } | undefined {
    const own = this.#shelf.find(normalizeName(`localhost/${name.replace(/^localhost\//, '')}`));
    const image = own ?? this.#shelf.findId(name);
    if (image !== undefined) return { image, isOwn: true };
    const pulled = this.#shelf.find(normalizeName(name));
    return pulled && { image: pulled, isOwn: false };
  }
}

function on(image: BuilderImage, doubt?: Doubt): BuildahEnd {
  return {
    cursor: { kind: 'on', images: [image], ...(doubt !== undefined && { doubt }) },
    config: image.config,
  };
}

function triggersNotTold(name: string, { hidesTriggers }: BuilderImage): Doubt | undefined {
  if (hidesTriggers !== true) return undefined;
  const text = `whether ${name} has triggers (ONBUILD) is not told`;
  return { state: 'unknown', reason: { code: 'not-shown', text, subject: name } };
}

/** Its registry has another image now, of which only the ID is known. */
function notRead(name: string): Doubt {
  const text = `${name} is another image now, which is not here`;
  return { state: 'unknown', reason: { code: 'base-not-asked', text, subject: name } };
}
