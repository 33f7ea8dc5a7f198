import * as vscode from 'vscode';

/** A tree as indented lines, `label  description`, down to a depth. */
export async function outline<Node>(
  tree: vscode.TreeDataProvider<Node>,
  depth: number,
  from?: Node,
  indent = '',
): Promise<readonly string[]> {
  const children = (await tree.getChildren(from)) ?? [];
  const lines: string[] = [];
  for (const child of children) {
    const item = await tree.getTreeItem(child);
    lines.push(`${indent}${lineOf(item)}`);
    if (depth > 1 && item.collapsibleState !== vscode.TreeItemCollapsibleState.None)
      lines.push(...(await outline(tree, depth - 1, child, `${indent}  `)));
  }
  return lines;
}

export function lineOf(item: vscode.TreeItem): string {
  const label = typeof item.label === 'string' ? item.label : (item.label?.label ?? '');
  return typeof item.description === 'string' ? `${label}  ${item.description}` : label;
}

/** The child whose label begins so. */
export async function childNamed<Node>(
  tree: vscode.TreeDataProvider<Node>,
  name: string,
  from?: Node,
): Promise<Node> {
  for (const child of (await tree.getChildren(from)) ?? []) {
    if (lineOf(await tree.getTreeItem(child)).startsWith(name)) return child;
  }
  throw new Error(`${name} is not in the tree`);
}
