import * as vscode from 'vscode';
import type { Row } from './row.ts';
import { countText } from './text.ts';

/** The line that stands for children which are not shown yet. @param command shows more of them. */
export function moreRow(node: { readonly hidden: number }, command: string): Row {
  const title = vscode.l10n.t('Show more…');
  return {
    label: title,
    description: vscode.l10n.t('{0} are not shown', countText(node.hidden)),
    icon: new vscode.ThemeIcon('ellipsis'),
    context: 'more',
    command: { command, title, arguments: [node] },
  };
}
