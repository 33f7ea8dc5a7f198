import * as vscode from 'vscode';

/** One line of a tree, before it becomes VS Code's item. */
export interface Row {
  readonly label: string;
  /** What stands beside the label, in grey. */
  readonly description?: string | undefined;
  readonly icon?: vscode.ThemeIcon | undefined;
  readonly folds?: 'closed' | 'open' | undefined;
  /** Tokens that menus ask for: `image tagged stored`. */
  readonly context: string;
  /** What a screen reader says beyond label and description. */
  readonly spoken?: string | undefined;
  readonly uri?: vscode.Uri | undefined;
  readonly command?: vscode.Command | undefined;
}

const collapsible = {
  closed: vscode.TreeItemCollapsibleState.Collapsed,
  open: vscode.TreeItemCollapsibleState.Expanded,
};

export function itemOf(node: { readonly id: string }, row: Row): vscode.TreeItem {
  const folds = row.folds === undefined ? vscode.TreeItemCollapsibleState.None : collapsible[row.folds];
  const item = new vscode.TreeItem(row.label, folds);
  item.id = node.id;
  item.contextValue = row.context;
  item.accessibilityInformation = { label: spokenText(row) };
  if (row.description !== undefined && row.description !== '') item.description = row.description;
  if (row.icon !== undefined) item.iconPath = row.icon;
  if (row.uri !== undefined) item.resourceUri = row.uri;
  if (row.command !== undefined) item.command = row.command;
  return item;
}

/** Facts side by side, those that are not known left out. */
export function facts(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' \u00b7 ');
}

/** An icon that says that something is wrong. */
export function warningIcon(): vscode.ThemeIcon {
  return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
}

function spokenText({ label, description, spoken }: Row): string {
  return [label, spoken, description].filter((part) => part !== undefined && part !== '').join(', ');
}
