import * as vscode from 'vscode';
import { type Disposable, findHints, type Instruction, type LayerHint } from '../../engine/index.ts';
import { alignSteps } from '../alignSteps.ts';
import type { EditorContext } from '../context.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { parsedDocument } from '../dockerfiles.ts';
import { logFailure } from '../failures.ts';
import type { StepLayers } from '../stepLayers.ts';
import { fixesOf } from './hintFixes.ts';
import { problemOf } from './hintProblems.ts';
import { hintText } from './hintTexts.ts';
import { readHintLayers } from './readHintLayers.ts';

/** Hints, and the instructions that they are about. */
interface Found {
  readonly instructions: readonly Instruction[];
  readonly hints: readonly LayerHint[];
}

/**
 * What the layers of the last build prove, as problems of the Dockerfile with quick fixes. Layers that are here are read
 * by themselves; those of an engine after a build through Lamina, or when a person asks.
 */
export class LayerHints implements vscode.CodeActionProvider, Disposable {
  readonly #context: EditorContext;
  readonly #builds: DockerfileBuilds;
  readonly #layers: StepLayers;
  readonly #problems = vscode.languages.createDiagnosticCollection('lamina-layers');
  readonly #found = new Map<string, Found>();
  /** Dockerfiles that were just built here. */
  readonly #built = new Set<string>();
  readonly #listening: readonly Disposable[];

  constructor(context: EditorContext, builds: DockerfileBuilds, layers: StepLayers) {
    this.#context = context;
    this.#builds = builds;
    this.#layers = layers;
    const { states, running } = builds;
    this.#listening = [
      this.#problems,
      states.onDidChange((uri) => void this.#checkQuietly(uri)),
      running.onDidChange((file) => {
        if (running.of(file)?.isOver === true) this.#built.add(file);
      }),
      context.settings.onDidChange('buildCache', () => {
        for (const { document } of vscode.window.visibleTextEditors) void this.#checkQuietly(document.uri);
      }),
    ];
  }

  /**
   * @param fetches whether layers are fetched from the engine for it.
   * @returns whether the layers of the present answer were looked at.
   */
  async check(uri: vscode.Uri, fetches: boolean): Promise<boolean> {
    const { answer } = this.#builds.states.of(uri);
    if (answer === undefined || !this.#isWanted) {
      this.#problems.delete(uri);
      return false;
    }
    if (answer.isPartial === true) return false;
    const layers = await readHintLayers(this.#context, this.#layers, answer, fetches);
    const document = await vscode.workspace.openTextDocument(uri);
    // Another answer may have come meanwhile, with layers of its own.
    if (this.#builds.states.of(uri).answer !== answer) return false;
    const { instructions, report } = answer;
    const found = { instructions, hints: findHints({ instructions, steps: report.steps, layers }) };
    this.#found.set(uri.toString(), found);
    this.#problems.set(uri, this.#hinted(document, found));
    return layers.length > 0;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const found = this.#found.get(document.uri.toString());
    const { answer } = this.#builds.states.of(document.uri);
    if (found === undefined || answer === undefined) return [];
    const { instructions } = parsedDocument(document);
    const { request, builder } = answer;
    const place = { document, instructions, request, builder: builder.identity.kind };
    const actions = movedHints(document, found).map(async (hint) => {
      const problem = diagnostics.find((each) => each.message === hintText(hint));
      const fixes = problem === undefined ? [] : await fixesOf(place, hint);
      return fixes.map((fix, at) => actionOf(fix, problem, at === 0));
    });
    return (await Promise.all(actions)).flat();
  }

  dispose(): void {
    for (const each of this.#listening) each.dispose();
  }

  get #isWanted(): boolean {
    return this.#context.settings.showsLayerHints && vscode.workspace.isTrusted;
  }

  /** Nobody asked, so that nobody is told of a failure. */
  async #checkQuietly(uri: vscode.Uri): Promise<void> {
    try {
      const isBuilt = this.#built.has(uri.fsPath);
      const isDone = await this.check(uri, isBuilt);
      if (isDone && isBuilt) this.#built.delete(uri.fsPath);
    } catch (error) {
      logFailure(error, this.#context.log);
    }
  }

  #hinted(document: vscode.TextDocument, found: Found): readonly vscode.Diagnostic[] {
    const { instructions } = parsedDocument(document);
    const problems = movedHints(document, found).map((hint) => problemOf(document, instructions, hint));
    return problems.filter((each) => each !== undefined);
  }
}

/** The hints at the positions that their instructions have now; those of what is another now are left out. */
function movedHints(document: vscode.TextDocument, { instructions, hints }: Found): readonly LayerHint[] {
  const now = parsedDocument(document).instructions;
  const places = alignSteps(instructions, now);
  const placeOf = (before: number): number => {
    const at = places.indexOf(before);
    return now[at]?.original === instructions[before]?.original ? at : -1;
  };
  return hints.flatMap((hint) => {
    const moved = { ...hint, instruction: placeOf(hint.instruction) };
    if (moved.kind === 'deleted-later') Object.assign(moved, { madeBy: placeOf(moved.madeBy) });
    if (moved.kind === 'early-copy') Object.assign(moved, { installation: placeOf(moved.installation) });
    return moved.instruction === -1 ? [] : [moved];
  });
}

function actionOf(
  { title, edit }: { readonly title: string; readonly edit: vscode.WorkspaceEdit },
  problem: vscode.Diagnostic | undefined,
  isPreferred: boolean,
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  if (problem !== undefined) action.diagnostics = [problem];
  action.isPreferred = isPreferred;
  action.edit = edit;
  return action;
}
