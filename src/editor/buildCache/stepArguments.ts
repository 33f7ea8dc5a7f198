import type * as vscode from 'vscode';
import type { StepStatus } from '../../engine/index.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { dockerfileOf } from '../dockerfiles.ts';
import type { CacheAnswer } from '../followedDockerfile.ts';

/** The instruction that a lens, a link or a quick pick is about. */
export interface StepPlace {
  readonly document: vscode.TextDocument;
  /** Position of the instruction in the document. */
  readonly at: number;
}

export interface KnownStep extends StepPlace {
  readonly answer: CacheAnswer;
  readonly step: StepStatus;
}

/** Takes the arguments of a command apart: a URI or its text, and the position of an instruction. */
export async function stepPlaceOf(args: readonly unknown[]): Promise<StepPlace | undefined> {
  const document = await dockerfileOf(args);
  const [, at] = args;
  return document === undefined || typeof at !== 'number' ? undefined : { document, at };
}

/** What is known of that instruction; undefined when nothing is. */
export async function knownStepOf(
  { states }: DockerfileBuilds,
  args: readonly unknown[],
): Promise<KnownStep | undefined> {
  const place = await stepPlaceOf(args);
  if (place === undefined) return undefined;
  const { answer } = states.of(place.document.uri);
  const step = states.stepsOf(place.document)[place.at];
  return answer === undefined || step === undefined ? undefined : { ...place, answer, step };
}
