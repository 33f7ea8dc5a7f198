import type { StepReason } from '../cache/cacheReport.ts';
import type { Doubt } from './cursor.ts';

// What is said of the steps of builders whose images are their cache: the classic one, and buildah.

export const globalArgument: StepReason = { code: 'global-argument', text: 'an argument of FROM lines' };
export const base: StepReason = { code: 'base', text: 'the image that the stage begins with' };
export const notNeeded: StepReason = { code: 'stage-not-needed', text: 'nothing that is built needs it' };
export const askedFor: StepReason = {
  code: 'not-cached-asked',
  text: 'the build is asked not to use the cache',
};

/** Of a file, or of what stands below the line, that ends the build. */
export const refusedFile = {
  state: 'unknown',
  reason: { code: 'invalid', text: 'the build ends before it: the builder refuses the file' },
} as const;

export function failsHere(why: string): StepReason {
  return { code: 'invalid', text: `the build fails here: ${why}` };
}

export function stepAbove(instruction: number): StepReason {
  return { code: 'step-above', text: 'a step above it is made again', instruction };
}

export function foundAs(image: string): StepReason {
  return { code: 'found', text: `found as image ${shortId(image)}` };
}

export function shortId(image: string): string {
  return image.replace(/^sha256:/, '').slice(0, 12);
}

export function notAsked(image: string): Doubt {
  const text = `the image ${image} is not here, and its registry was not asked`;
  return { state: 'unknown', reason: { code: 'base-not-asked', text, subject: image } };
}

/** @param id what is assumed. */
export function assumedBase(name: string, id: string): Doubt {
  const text = `if ${name} is still image ${shortId(id)}: its registry was not asked`;
  return { state: 'unknown', reason: { code: 'base-not-asked', text, subject: name } };
}

export function remoteSource(source: string): Doubt {
  const text = 'what the address gives is known when it was fetched';
  return { state: 'unknown', reason: { code: 'remote-source', text, subject: source } };
}

/** @param instruction what of the stage is made again first. */
export function stageOutput(stage: string, instruction: number): Doubt {
  const text = `cached if what it copies of ${stage} comes out the same`;
  return { state: 'depends', reason: { code: 'stage-output', text, instruction, subject: stage } };
}

/** A stage, or an image, that is what it was: but images do not tell what was copied of it. */
export function notCompared(stage: string): Doubt {
  const text = `${stage} is the image that it was, but no image tells what was copied of it`;
  return { state: 'unknown', reason: { code: 'not-shown', text, subject: stage } };
}

/** An image that came from its registry only now. */
export function newImage(image: string): Doubt {
  const text = `${image} is another image than any here; what is copied of it was not compared`;
  return { state: 'unknown', reason: { code: 'base-changed', text, subject: image } };
}

export function unreadable(path: string): Doubt {
  const text = `${path} cannot be read`;
  return { state: 'unknown', reason: { code: 'context-unreadable', text, subject: path } };
}
