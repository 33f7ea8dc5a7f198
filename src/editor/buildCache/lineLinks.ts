import * as vscode from 'vscode';
import { parseBuildCacheUri } from '../uri.ts';

/** Makes the line numbers in the text about a build links to those lines of the Dockerfile. */
export class LineLinks implements vscode.DocumentLinkProvider {
  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const dockerfile = parseBuildCacheUri(document.uri);
    if (dockerfile === undefined) return [];
    const links: vscode.DocumentLink[] = [];
    for (let at = 0; at < document.lineCount; at++) {
      const match = /^ *(\d+)(?= {3})/.exec(document.lineAt(at).text);
      if (match?.[1] === undefined) continue;
      const start = match[0].length - match[1].length;
      const range = new vscode.Range(at, start, at, match[0].length);
      links.push(
        new vscode.DocumentLink(range, vscode.Uri.file(dockerfile).with({ fragment: `L${match[1]}` })),
      );
    }
    return links;
  }
}
