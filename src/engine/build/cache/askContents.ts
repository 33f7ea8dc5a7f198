import type { CallOptions } from '../../base/progress.ts';
import type { ContentRules } from '../contentKey/contentKey.ts';
import type { BuildkitBuild } from './buildkitQuestion.ts';
import type { ContentAnswer, ContextView } from './contextView.ts';
import type { ContentSelection, KeyedBuild } from './vertex.ts';

/**
 * What the contexts say of everything that a build reads of them, by the selection's ID. What a stage gives is not among
 * it, and nothing of a context that cannot be read.
 */
export async function askContents(
  { vertices }: KeyedBuild,
  build: Pick<BuildkitBuild, 'context' | 'namedContexts'>,
  rules: ContentRules,
  options: CallOptions,
): Promise<ReadonlyMap<string, ContentAnswer>> {
  const asked = new Map<ContextView, ContentSelection[]>();
  const seen = new Set<string>();
  for (const { content } of vertices.flatMap(({ inputs }) => inputs)) {
    const view = content && viewOf(content, build);
    if (content === undefined || view === undefined || seen.has(content.id)) continue;
    seen.add(content.id);
    const others = asked.get(view);
    if (others === undefined) asked.set(view, [content]);
    else others.push(content);
  }
  const answers = new Map<string, ContentAnswer>();
  for (const [view, selections] of asked) {
    const found = await view.contents(selections, rules, options);
    for (const [at, { id }] of selections.entries()) if (found[at] !== undefined) answers.set(id, found[at]);
  }
  return answers;
}

/** Undefined of a stage's output, and of what cannot be read. */
export function viewOf(
  { origin }: ContentSelection,
  { context, namedContexts }: Pick<BuildkitBuild, 'context' | 'namedContexts'>,
): ContextView | undefined {
  if (origin.kind === 'context') return context;
  return origin.kind === 'named' ? namedContexts?.get(origin.name) : undefined;
}
