import type { ContentAnswer, ContextView } from '../../build/cache/contextView.ts';
import type { ContentSelection } from '../../build/cache/vertex.ts';

/** A context whose answers stay: a build is recorded with what its files were when it began, however long it takes. */
export interface FrozenView {
  readonly view: ContextView;
  /** What was asked for. */
  readonly selections: readonly ContentSelection[];
}

export function frozenView(view: ContextView): FrozenView {
  const asked = new Map<
    string,
    { readonly selection: ContentSelection; readonly answer: Promise<ContentAnswer> }
  >();
  const frozen: ContextView = {
    contents: (selections, rules, options) => {
      const missing = selections.filter(({ id }) => !asked.has(id));
      const answers = missing.length === 0 ? Promise.resolve([]) : view.contents(missing, rules, options);
      for (const [at, selection] of missing.entries())
        asked.set(selection.id, { selection, answer: answers.then((all) => all[at] ?? nothing) });
      return Promise.all(selections.map(({ id }) => asked.get(id)?.answer ?? Promise.resolve(nothing)));
    },
    differences: (...question) => view.differences(...question),
    files: (...question) => view.files(...question),
    members: (...question) => view.members(...question),
    lastChange: (...question) => view.lastChange(...question),
  };
  return {
    view: frozen,
    get selections() {
      return [...asked.values()].map(({ selection }) => selection);
    },
  };
}

const nothing: ContentAnswer = { unseen: [], unreadable: [] };
