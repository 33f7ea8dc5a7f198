import * as vscode from 'vscode';
import type { Disposable, Instruction } from '../../engine/index.ts';
import { assumedText } from '../cacheSummary.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { isDockerfile, keywordRange, parsedDocument } from '../dockerfiles.ts';
import type { Settings } from '../settings.ts';
import { linesOf } from './dockerfileLines.ts';
import { assumptionTitle, lineTitle, stepNames } from './lensTitles.ts';

/** A lens knows what it is for; what it says is found when it is shown. */
class CacheLens extends vscode.CodeLens {
  readonly document: vscode.TextDocument;
  readonly role: 'line' | 'assumption' | 'build';
  readonly at: number;

  constructor(document: vscode.TextDocument, role: CacheLens['role'], at: number, instruction: Instruction) {
    super(keywordRange(document, instruction));
    this.document = document;
    this.role = role;
    this.at = at;
  }
}

/**
 * The lenses of a Dockerfile. Which there are, and where, comes from its text alone, so that the page does not jump; what
 * they say stays until something better is known.
 */
export class CacheLenses implements vscode.CodeLensProvider<CacheLens>, Disposable {
  readonly #builds: DockerfileBuilds;
  readonly #settings: Settings;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #shown = new Map<string, string>();
  readonly #listening: readonly Disposable[];
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(builds: DockerfileBuilds, settings: Settings) {
    this.#builds = builds;
    this.#settings = settings;
    this.#listening = [
      builds.states.onDidChange((uri) => {
        this.#tell(uri);
      }),
      builds.running.onDidChange((file) => {
        this.#tell(vscode.Uri.file(file));
      }),
      settings.onDidChange('buildCache', () => {
        this.#changed.fire();
      }),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): CacheLens[] {
    const { cacheLenses, showsCacheAtLineEnd } = this.#settings;
    if (cacheLenses === 'off' || showsCacheAtLineEnd) return [];
    const { instructions } = parsedDocument(document);
    const firstFrom = instructions.findIndex(({ name }) => name === 'FROM');
    return instructions.flatMap((instruction, at) => {
      const { name } = instruction;
      if (cacheLenses === 'stepsOnly' && (name === undefined || !stepNames.has(name))) return [];
      const lens = (role: CacheLens['role']): CacheLens => new CacheLens(document, role, at, instruction);
      if (name !== 'FROM') return [lens('line')];
      return at === firstFrom
        ? [lens('line'), lens('build'), lens('assumption')]
        : [lens('line'), lens('build')];
    });
  }

  resolveCodeLens(lens: CacheLens): CacheLens {
    lens.command = this.#commandOf(lens);
    return lens;
  }

  dispose(): void {
    for (const each of this.#listening) each.dispose();
    this.#changed.dispose();
  }

  #commandOf({ document, role, at }: CacheLens): vscode.Command {
    const { uri } = document;
    if (role === 'build')
      return {
        title: `$(play) ${vscode.l10n.t('Build')}`,
        tooltip: vscode.l10n.t('Build the image of this stage'),
        command: 'lamina.buildImage',
        arguments: [uri, at],
      };
    const state = this.#builds.states.of(uri);
    // What is shown now will be otherwise, even when the answer is that of before.
    if (state.isPending) this.#shown.delete(uri.toString());
    if (role === 'assumption' && state.obstacle?.kind === 'untrusted')
      return {
        title: assumptionTitle(state),
        tooltip: vscode.l10n.t(
          'What is cached is known to the builder, and building runs what the Dockerfile says',
        ),
        command: 'workbench.trust.manage',
      };
    if (role === 'assumption')
      return {
        title: assumptionTitle(state),
        tooltip: [
          // A long command does not fit into the line.
          state.answer && assumedText(state.answer.report),
          vscode.l10n.t('Choose the builder, the context, the target, the arguments or the platform'),
        ]
          .filter(Boolean)
          .join('\n'),
        command: 'lamina.changeBuild',
        arguments: [uri],
      };
    const facts = linesOf(this.#builds, document)[at];
    return {
      title: facts === undefined ? '$(ellipsis)' : lineTitle(facts),
      tooltip: vscode.l10n.t('Show why, and what can be done'),
      command: 'lamina.explainStep',
      arguments: [uri, at],
    };
  }

  /** VS Code asks for everything again, so it is told only of what reads otherwise. */
  #tell(uri: vscode.Uri): void {
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
    if (document === undefined || !isDockerfile(document)) return;
    const lines = linesOf(this.#builds, document).map(lineTitle);
    const shown = [...lines, assumptionTitle(this.#builds.states.of(uri))].join('\n');
    if (this.#shown.get(uri.toString()) === shown) return;
    this.#shown.set(uri.toString(), shown);
    this.#changed.fire();
  }
}
