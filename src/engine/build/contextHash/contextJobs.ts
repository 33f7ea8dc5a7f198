import type { JobContext } from '../../base/jobServer.ts';
import type { PathDifference } from '../cache/cacheReport.ts';
import type { ArchiveMember, ContentAnswer, LastChange, SelectedFile } from '../cache/contextView.ts';
import type { ContentSelection } from '../cache/vertex.ts';
import type { ContentRules } from '../contentKey/contentKey.ts';
import type { ContextRequest } from './contextRequest.ts';
import type { OpenContexts } from './openContexts.ts';
import { fromPlainSources, type PlainSource } from './plainSource.ts';
import type { ContextCounts } from './scan.ts';

/** What a thread does for build contexts, which it keeps in memory. */
export interface ContextJobs {
  readonly contextContents: {
    readonly request: Asked & {
      readonly selections: readonly (readonly PlainSource[])[];
      readonly rules: ContentRules;
    };
    readonly result: readonly ContentAnswer[];
  };
  readonly contextDifferences: {
    readonly request: Asked & { readonly sources: readonly PlainSource[]; readonly upload: string };
    readonly result: readonly PathDifference[] | undefined;
  };
  /** Some of the files, from a position on. */
  readonly contextFiles: {
    readonly request: Asked & { readonly sources: readonly PlainSource[]; readonly from: number };
    readonly result: { readonly part: readonly SelectedFile[]; readonly isLast: boolean };
  };
  readonly contextMembers: {
    readonly request: Asked & { readonly sources: readonly PlainSource[] };
    readonly result: readonly ArchiveMember[] | undefined;
  };
  readonly contextLastChange: {
    readonly request: Asked & { readonly sources: readonly PlainSource[] };
    readonly result: LastChange;
  };
  readonly contextChanged: {
    readonly request: Asked & { readonly paths: readonly string[] };
    readonly result: ContextCounts;
  };
  readonly contextRefresh: { readonly request: Asked; readonly result: ContextCounts };
  readonly contextKeep: {
    readonly request: Asked & { readonly name: string; readonly sources: readonly PlainSource[] };
    readonly result: undefined;
  };
}

/** None gives a stream. */
export type ContextHandlers = {
  readonly [Name in keyof ContextJobs]: (
    request: ContextJobs[Name]['request'],
    context: JobContext,
  ) => Promise<ContextJobs[Name]['result']>;
};

interface Asked {
  readonly context: ContextRequest;
  /** The name of the upload that the builder has. */
  readonly lastUpload?: string | undefined;
}

/** Files that cross at once. */
const filesAtOnce = 2000;

/** @param contexts is closed by whoever made it. */
export function contextJobs(contexts: OpenContexts): ContextHandlers {
  return {
    contextContents: ({ context, lastUpload, selections, rules }, options) =>
      contexts.use(context, options.signal, async (open) => {
        const view = await open.view(lastUpload);
        return view.contents(selections.map(selectionOf), rules, options);
      }),
    contextDifferences: ({ context, lastUpload, sources, upload }, options) =>
      contexts.use(context, options.signal, async (open) => {
        const view = await open.view(lastUpload);
        return view.differences(selectionOf(sources), upload, options);
      }),
    contextFiles: ({ context, sources, from }, options) =>
      contexts.use(context, options.signal, async (open) => {
        const files = await open.files(selectionOf(sources), from > 0, options);
        const part = files.slice(from, from + filesAtOnce);
        return { part, isLast: from + part.length >= files.length };
      }),
    contextMembers: ({ context, sources }, options) =>
      contexts.use(context, options.signal, async (open) => {
        const view = await open.view(undefined);
        return view.members(selectionOf(sources), options);
      }),
    contextLastChange: ({ context, lastUpload, sources }, options) =>
      contexts.use(context, options.signal, async (open) => {
        const view = await open.view(lastUpload);
        return view.lastChange(selectionOf(sources), options);
      }),
    contextChanged: ({ context, paths }, options) =>
      contexts.use(context, options.signal, (open) => open.context.update(paths, options)),
    contextRefresh: ({ context }, options) =>
      contexts.use(context, options.signal, (open) => open.context.refresh(options)),
    contextKeep: ({ context, lastUpload, name, sources }, options) =>
      contexts.use(context, options.signal, async (open) => {
        await open.keep(name, fromPlainSources(sources), lastUpload, options);
        return undefined;
      }),
  };
}

function selectionOf(sources: readonly PlainSource[]): ContentSelection {
  return { id: JSON.stringify(sources), origin: { kind: 'context' }, sources: fromPlainSources(sources) };
}
