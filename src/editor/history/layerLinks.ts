import * as vscode from 'vscode';
import { parseDocumentUri } from '../uri.ts';

/** Makes the layer number in each row of a history a link to that layer in the view *Images*. */
export class LayerLinks implements vscode.DocumentLinkProvider {
  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const { imageId } = parseDocumentUri(document.uri);
    const links: vscode.DocumentLink[] = [];
    for (let line = 0; line < document.lineCount; line++) {
      const match = /^\S+ +(\d+)(?= {3})/.exec(document.lineAt(line).text);
      if (match?.[1] === undefined) continue;
      const start = match[0].length - match[1].length;
      links.push(linkTo(imageId, Number(match[1]), new vscode.Range(line, start, line, match[0].length)));
    }
    return links;
  }
}

function linkTo(image: string, layer: number, range: vscode.Range): vscode.DocumentLink {
  const argument = encodeURIComponent(JSON.stringify([{ image, layer }]));
  const link = new vscode.DocumentLink(range, vscode.Uri.parse(`command:lamina.revealInImages?${argument}`));
  link.tooltip = vscode.l10n.t('Reveal layer {0} in Images View', layer);
  return link;
}
