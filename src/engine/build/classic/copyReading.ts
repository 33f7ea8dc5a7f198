import type { CallOptions } from '../../base/progress.ts';
import type { CopyCommand } from '../dockerfile/commands.ts';
import { isRemoteSource } from '../plan/copySource.ts';
import type { BuiltStages } from './builtStages.ts';
import type { ClassicInput } from './classicInput.ts';
import type { SummedFile } from './copySum.ts';
import type { Doubt } from './cursor.ts';
import { newImage, notCompared, remoteSource, stageOutput, unreadable } from './reasons.ts';

/** The sum of what COPY or ADD reads, or why it cannot be told. */
export interface CopyReading {
  readonly sum?: string;
  readonly files?: readonly SummedFile[];
  readonly doubt?: Doubt;
  /** The build ends here. */
  readonly failure?: string;
}

/** @param sources variables replaced. @param at the position of the instruction. */
export async function readCopy(
  { from, kind }: CopyCommand,
  sources: readonly string[],
  input: ClassicInput,
  stages: BuiltStages,
  at: number,
  options: CallOptions,
): Promise<CopyReading> {
  if (sources.length === 0) return { failure: 'no source files were specified' };
  const remote = kind === 'add' ? sources.find(isRemoteSource) : undefined;
  if (remote !== undefined) return { doubt: remoteSource(remote) };
  if (from !== undefined) return readStage(from.text, sources, input, stages, at);
  const bytes = sources.map((source) => Buffer.from(source).toString('latin1'));
  const found = await input.context.sum(bytes, options);
  if (found.kind === 'sum') return { sum: found.text, files: found.files };
  if (found.kind === 'unreadable') return { doubt: unreadable(found.path) };
  return { failure: `${Buffer.from(found.source, 'latin1').toString()} is not in the context` };
}

async function readStage(
  text: string,
  sources: readonly string[],
  { imageSum }: ClassicInput,
  stages: BuiltStages,
  at: number,
): Promise<CopyReading> {
  const cursor = stages.sourceOf(text);
  if (cursor.kind === 'missed') return { doubt: stageOutput(text, cursor.instruction) };
  if (cursor.doubt !== undefined) return { doubt: cursor.doubt };
  const [only] = cursor.kind === 'on' ? cursor.images : [];
  if (only === undefined) return { doubt: newImage(text) };
  const id = only === 'scratch' ? undefined : only.id;
  const sum = id === undefined ? undefined : await imageSum?.(id, sources, at);
  return sum === undefined ? { doubt: notCompared(text) } : { sum };
}
