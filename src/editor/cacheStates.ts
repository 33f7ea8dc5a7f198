import * as vscode from 'vscode';
import type { Disposable, StepStatus } from '../engine/index.ts';
import { alignSteps } from './alignSteps.ts';
import type { BuildMemory } from './buildMemory.ts';
import { isDockerfile, parsedDocument } from './dockerfiles.ts';
import {
  type CacheAnswer,
  type CacheState,
  FollowedDockerfile,
  type FollowParts,
} from './followedDockerfile.ts';
import { parseBuildCacheUri } from './uri.ts';

export interface CacheStatesParts extends Omit<FollowParts, 'settleMs'> {
  readonly memory: BuildMemory;
  readonly settleMs?: number;
}

/** A person who types, or a tool that writes many files, makes one question and not many. */
const usualSettleMs = 400;
/** Answers about Dockerfiles that are not visible any more. */
const mostKept = 20;

/** Files that say how Dockerfiles are built. */
const namesBuilds = /[\\/](?:(?:docker-)?compose\.ya?ml|docker-bake\.(?:json|hcl)|\.env)$/;

/**
 * What the next build makes of each Dockerfile that is visible. Nothing is asked before one is; the last answer stays
 * until the next one is complete, and each answer is told of once.
 */
export class CacheStates implements Disposable {
  readonly #parts: FollowParts;
  readonly #followed = new Map<string, FollowedDockerfile>();
  /** Of those that were visible before. */
  readonly #last = new Map<string, CacheAnswer>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #listening: readonly Disposable[];
  #seeing: Disposable | undefined;

  /** A Dockerfile whose state became another. */
  readonly onDidChange = this.#changed.event;

  constructor({ memory, ...parts }: CacheStatesParts) {
    this.#parts = { settleMs: usualSettleMs, ...parts };
    const { workspace, window } = vscode;
    this.#listening = [
      window.onDidChangeVisibleTextEditors(() => {
        this.#follow();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.refresh(document.uri.fsPath);
      }),
      workspace.onDidSaveTextDocument(({ fileName }) => {
        if (namesBuilds.test(fileName)) this.refresh();
      }),
      workspace.onDidGrantWorkspaceTrust(() => {
        this.refresh();
      }),
      memory.onDidChange((dockerfile) => {
        this.refresh(dockerfile);
      }),
    ];
    this.#follow();
  }

  /** As it is now. */
  of(uri: vscode.Uri): CacheState {
    return this.#followed.get(uri.toString())?.state ?? { isPending: true };
  }

  /** Whether it is looked after: it is visible, or somebody waits for its answer. */
  isFollowed(uri: vscode.Uri): boolean {
    return this.#followed.has(uri.toString());
  }

  /** What is known of each instruction of the document as it stands in the editor. */
  stepsOf(document: vscode.TextDocument): readonly (StepStatus | undefined)[] {
    const { answer } = this.of(document.uri);
    const { instructions } = parsedDocument(document);
    const places = alignSteps(answer?.instructions ?? [], instructions);
    return places.map((at) => (at === undefined ? undefined : answer?.report.steps[at]));
  }

  /** Asks again a moment later about one Dockerfile, or about all. */
  refresh(dockerfile?: string): void {
    for (const each of this.#followed.values())
      if (dockerfile === undefined || each.path === dockerfile) each.refreshSoon();
  }

  /** The same; registries may be asked for base images. Only by a person's command. */
  refreshWithRegistries(dockerfile?: string): void {
    for (const each of this.#followed.values())
      if (dockerfile === undefined || each.path === dockerfile) each.refreshWithRegistries();
  }

  /** The state once nothing more is on its way, of a Dockerfile that need not be visible. */
  async settled(uri: vscode.Uri): Promise<CacheState> {
    const document = await vscode.workspace.openTextDocument(uri);
    const followed = this.#followed.get(uri.toString()) ?? this.#begin(document);
    await followed.settled();
    return followed.state;
  }

  dispose(): void {
    for (const each of [...this.#listening, ...this.#followed.values()]) each.dispose();
    this.#seeing?.dispose();
    this.#followed.clear();
    this.#changed.dispose();
  }

  #follow(): void {
    const visible = new Map(visibleDockerfiles().map((document) => [document.uri.toString(), document]));
    for (const [key, each] of this.#followed) {
      if (visible.get(key) === each.document) continue;
      each.dispose();
      this.#followed.delete(key);
      this.#keep(key, each.state.answer);
    }
    for (const [key, document] of visible) if (!this.#followed.has(key)) this.#begin(document);
  }

  #begin(document: vscode.TextDocument): FollowedDockerfile {
    this.#seeing ??= this.#parts.builds().onDidSeeBuild((dockerfile) => {
      this.refresh(dockerfile);
    });
    const key = document.uri.toString();
    const tell = (): void => {
      this.#changed.fire(document.uri);
    };
    const followed = new FollowedDockerfile(document, this.#parts, tell, this.#last.get(key));
    this.#followed.set(key, followed);
    return followed;
  }

  #keep(key: string, answer: CacheAnswer | undefined): void {
    this.#last.delete(key);
    if (answer !== undefined) this.#last.set(key, answer);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= mostKept) break;
      this.#last.delete(oldest);
    }
  }
}

/** Those that an editor shows, and those that a text which is shown is about. */
function visibleDockerfiles(): readonly vscode.TextDocument[] {
  const shown = vscode.window.visibleTextEditors.map(({ document }) => document);
  const about = new Set(shown.map(({ uri }) => parseBuildCacheUri(uri)));
  const read = vscode.workspace.textDocuments.filter(
    ({ uri }) => uri.scheme === 'file' && about.has(uri.fsPath),
  );
  return [...shown.filter(isDockerfile), ...read];
}
