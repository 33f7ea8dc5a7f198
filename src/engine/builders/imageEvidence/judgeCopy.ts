import type { CallOptions } from '../../base/progress.ts';
import type { ContextView } from '../../build/cache/contextView.ts';
import type { ContentSelection } from '../../build/cache/vertex.ts';
import type { CopyStep } from '../../build/plan/buildPlan.ts';
import { contextAsked, copiedContent } from './copyFinding.ts';
import { copyDifference } from './copyDifference.ts';
import { hiddenOfCopy } from './hiddenParts.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import { found, type Judged, type JudgedStep, same, type Surroundings } from './judged.ts';
import { stageFinding } from './stageFinding.ts';

/** Whether a COPY or ADD is the one that made an entry, and whether it would make the same layer now. */
export async function judgeCopy(
  copy: CopyStep,
  judged: JudgedStep,
  { question, past, showsFlags }: Surroundings,
  options?: CallOptions,
): Promise<Judged> {
  const { step, line, entry } = judged;
  const { build, layers, listed } = question;
  const difference = copyDifference(copy, line, entry, past.directory, showsFlags);
  if (difference !== undefined) return found('rebuild', difference);
  const hidden = hiddenOfCopy(copy, step, showsFlags, listed);
  const selection = selectionOf(question, judged);
  if (copy.origin.kind === 'stage' && selection?.origin.kind !== 'named')
    return hidden
      ? found('unknown', hidden)
      : { kind: 'finding', finding: stageFinding(build.plan, copy.origin.index) };
  if (copy.sources.some(({ kind }) => kind === 'url' || kind === 'git'))
    return found('unknown', { code: 'remote-source', text: 'what it fetches is not asked for' });
  const asked = contextAsked(build, viewOf(question, selection));
  const made = { layers, position: entry.layer, created: entry.created };
  const content = await copiedContent(copy, selection, asked, made, options);
  if (content.kind === 'finding') return content;
  if (hidden !== undefined) return found('unknown', hidden);
  if (content.digest === undefined || selection === undefined) return same;
  return { kind: 'same', content: new Map([[selection.id, content.digest]]) };
}

function selectionOf({ keyed }: ImageQuestion, { line }: JudgedStep): ContentSelection | undefined {
  const vertex = keyed.vertices.find(
    ({ stage, step, kind }) => stage === line.stage && step === line.step && kind === 'copy',
  );
  return vertex?.inputs.find(({ content }) => content !== undefined)?.content;
}

function viewOf({ build }: ImageQuestion, selection: ContentSelection | undefined): ContextView | undefined {
  const { origin } = selection ?? {};
  return origin?.kind === 'named' ? build.namedContexts?.get(origin.name) : build.context;
}
