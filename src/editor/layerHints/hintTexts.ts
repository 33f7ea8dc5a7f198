import * as vscode from 'vscode';
import type { LayerHint, SecretKind } from '../../engine/index.ts';
import { countText, nameText, oneLine, sizeText } from '../text.ts';

/** What was found, in one or two sentences: what the layers show, and what would be better. */
export function hintText(hint: LayerHint): string {
  switch (hint.kind) {
    case 'deleted-later':
      return vscode.l10n.t(
        '{0} that an earlier step added are deleted here, and shipped all the same ({1}). Delete them in the step that makes them, or do not copy them.',
        fileCountText(hint.files),
        sizeText(hint.bytes),
      );
    case 'left-behind':
      return vscode.l10n.t(
        'This step leaves {0} in {1}, which nothing in the image needs.',
        sizeText(hint.bytes),
        oneLine(hint.directory),
      );
    case 'early-copy':
      return earlyCopyText(hint);
    case 'secret':
      return secretHintText(nameText(hint.path), secretText(hint.what), hint.isHidden);
    case 'moved-base':
      return vscode.l10n.t(
        '{0} is another image than at the last build, so that everything on it is made again. Naming it by digest keeps it.',
        oneLine(hint.name),
      );
  }
}

function secretHintText(path: string, what: string, isHidden: boolean): string {
  return isHidden
    ? vscode.l10n.t(
        '{0} in this layer holds {1}. A later step hides it, but whoever has the image can read it. Keep it out of the layers, as with RUN --mount=type=secret; where the image was shared, replace it.',
        path,
        what,
      )
    : vscode.l10n.t(
        '{0} in this layer holds {1}. Whoever has the image can read it. Keep it out of the layers, as with RUN --mount=type=secret; where the image was shared, replace it.',
        path,
        what,
      );
}

function earlyCopyText(hint: Extract<LayerHint, { kind: 'early-copy' }>): string {
  const cost = [
    hint.seconds === undefined ? undefined : vscode.l10n.t('{0} s', countText(Math.round(hint.seconds))),
    hint.bytes === undefined ? undefined : sizeText(hint.bytes),
  ];
  const known = cost.filter((each) => each !== undefined).join(', ');
  const needed = oneLine(hint.needed.join(', '));
  const text = vscode.l10n.t(
    'The installation below is made again for {0}, which it does not read. With {1} copied first it would have been kept.',
    oneLine(hint.changed.slice(0, 3).join(', ')),
    needed,
  );
  return known === '' ? text : `${text} (${known})`;
}

function fileCountText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 file') : vscode.l10n.t('{0} files', countText(count));
}

function secretText(kind: SecretKind): string {
  const texts: Readonly<Record<SecretKind, string>> = {
    'private-key': vscode.l10n.t('a private key'),
    environment: vscode.l10n.t('a password or token'),
    credentials: vscode.l10n.t('credentials'),
  };
  return texts[kind];
}
