import * as vscode from 'vscode';
import type { Disposable } from '../../engine/index.ts';
import { assumedText, summarize, summaryText } from '../cacheSummary.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { isDockerfile } from '../dockerfiles.ts';
import { SafeMarkdown } from '../markdown.ts';
import { obstacleText } from './lensTitles.ts';

/** What the next build of the active Dockerfile will do, in the status bar. */
export class CacheStatusBar implements Disposable {
  readonly #builds: DockerfileBuilds;
  readonly #item = vscode.window.createStatusBarItem(
    'lamina.buildCache',
    vscode.StatusBarAlignment.Right,
    90,
  );
  readonly #own: readonly Disposable[];

  constructor(builds: DockerfileBuilds) {
    this.#builds = builds;
    this.#item.name = vscode.l10n.t('Build cache');
    this.#item.command = 'lamina.explainBuildCache';
    const draw = (): void => {
      this.#draw();
    };
    this.#own = [
      this.#item,
      builds.states.onDidChange(draw),
      vscode.window.onDidChangeActiveTextEditor(draw),
    ];
    this.#draw();
  }

  dispose(): void {
    for (const each of this.#own) each.dispose();
  }

  #draw(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || !isDockerfile(document)) {
      this.#item.hide();
      return;
    }
    const { answer, obstacle } = this.#builds.states.of(document.uri);
    const text =
      answer === undefined || answer.isPartial === true
        ? obstacle && obstacleText(obstacle)
        : vscode.l10n.t('next build: {0}', summaryText(summarize(answer.report)));
    this.#item.text = `$(layers) ${text ?? vscode.l10n.t('checking…')}`;
    this.#item.tooltip = answer && new SafeMarkdown().paragraph(assumedText(answer.report)).build();
    this.#item.show();
  }
}
