import * as vscode from 'vscode';
import type { Disposable } from '../../engine/index.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { isDockerfile } from '../dockerfiles.ts';
import type { Settings } from '../settings.ts';
import { type LineFacts, lineTitle, stepNames, withoutIcons } from './lensTitles.ts';
import { linesOf } from './dockerfileLines.ts';

/** The other place for the same words: behind the first line of each instruction, where they take no room of their own. */
export class LineEnds implements Disposable {
  readonly #builds: DockerfileBuilds;
  readonly #settings: Settings;
  readonly #own: readonly Disposable[];
  readonly #decoration = vscode.window.createTextEditorDecorationType({
    after: { margin: '0 0 0 3ch', color: new vscode.ThemeColor('editorCodeLens.foreground') },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
  });

  constructor(builds: DockerfileBuilds, settings: Settings) {
    this.#builds = builds;
    this.#settings = settings;
    const draw = (): void => {
      this.#draw();
    };
    this.#own = [
      this.#decoration,
      builds.states.onDidChange(draw),
      builds.running.onDidChange(draw),
      settings.onDidChange('buildCache', draw),
      vscode.window.onDidChangeVisibleTextEditors(draw),
    ];
    this.#draw();
  }

  dispose(): void {
    for (const each of this.#own) each.dispose();
  }

  #draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (!isDockerfile(editor.document)) continue;
      editor.setDecorations(this.#decoration, lineEndsOf(this.#builds, this.#settings, editor.document));
    }
  }
}

/** What stands behind which lines; nothing unless a person wants it there. */
export function lineEndsOf(
  builds: DockerfileBuilds,
  { cacheLenses, showsCacheAtLineEnd }: Settings,
  document: vscode.TextDocument,
): vscode.DecorationOptions[] {
  if (!showsCacheAtLineEnd || cacheLenses === 'off') return [];
  const wanted = linesOf(builds, document).filter(({ instruction: { name } }) => {
    return cacheLenses === 'all' || (name !== undefined && stepNames.has(name));
  });
  return wanted.map((line) => behind(document, line));
}

function behind(document: vscode.TextDocument, line: LineFacts): vscode.DecorationOptions {
  const first = document.positionAt(line.instruction.keyword.range.start).line;
  const { end } = document.lineAt(first).range;
  const contentText = withoutIcons(lineTitle(line));
  return { range: new vscode.Range(end, end), renderOptions: { after: { contentText } } };
}
