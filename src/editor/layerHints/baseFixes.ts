import * as vscode from 'vscode';
import type { MovedBase } from '../../engine/index.ts';
import { type FixPlace, type HintFix, isPlain } from './fixPlace.ts';

/** Names an image by its digest, so that its name can move no more. */
export function pinBase(
  { document, instructions, builder }: FixPlace,
  { instruction }: MovedBase,
  digest: string | undefined,
  titleOf: (image: string) => string,
): HintFix | undefined {
  const from = instructions[instruction];
  const [image] = from?.args ?? [];
  if (from?.name !== 'FROM' || image === undefined || !isPlain(image.text)) return undefined;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest ?? '') || image.text.includes('@')) return undefined;
  // Buildah takes a tag or a digest. A colon behind the last slash is a tag's, another one a port's.
  const name = builder === 'buildah' ? image.text.replace(/:[^/:]*$/, '') : image.text;
  const range = new vscode.Range(
    document.positionAt(image.range.start),
    document.positionAt(image.range.end),
  );
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, `${name}@${digest ?? ''}`);
  return { title: titleOf(`${name}@${digest?.slice(0, 19) ?? ''}…`), edit };
}
