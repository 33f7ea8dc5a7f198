import * as vscode from 'vscode';
import { oneLine, pickText } from '../text.ts';
import type { CommitForm, CommitSubject } from './commitSubject.ts';
import { editedConfig } from './configEdits.ts';
import { type Instruction, instructions, textOf } from './configWords.ts';

/** What a commit says beside its changes, line by line. */
export type FieldId = 'name' | 'message' | 'author' | 'pauses' | Instruction;
export type LineId = 'commit' | FieldId;

export interface CommitItem extends vscode.QuickPickItem {
  /** Nothing for what only separates lines. */
  readonly does?: LineId;
}

/** The lines of the form: to commit, what the image is called and by whom, and its config with the edits. */
export function itemsOf(subject: CommitSubject, form: CommitForm): readonly CommitItem[] {
  const { name, message, author } = form;
  return [
    { label: `$(check) ${vscode.l10n.t('Commit')}`, description: pickText(subject.outcome), does: 'commit' },
    separator(vscode.l10n.t('The new image')),
    { label: vscode.l10n.t('Name'), description: shown(nameText(subject, name)), does: 'name' },
    { label: vscode.l10n.t('Message'), description: shown(message), does: 'message' },
    { label: vscode.l10n.t('Author'), description: shown(author), does: 'author' },
    ...(subject.canPause ? [pauseItem(form)] : []),
    separator(vscode.l10n.t('Its configuration')),
    ...configItems(subject, form),
  ];
}

function nameText({ isTaken }: CommitSubject, name: string): string {
  return isTaken(name) ? vscode.l10n.t('{0} (taken from the image that is called so now)', name) : name;
}

function pauseItem({ pauses }: CommitForm): CommitItem {
  return {
    label: vscode.l10n.t('Pause'),
    description: pauses
      ? vscode.l10n.t('yes: nothing runs in the container while it is read')
      : vscode.l10n.t('no: files that are being written may be half in the image'),
    does: 'pauses',
  };
}

function configItems({ config }: CommitSubject, { edits }: CommitForm): readonly CommitItem[] {
  const edited = editedConfig(config, edits);
  const back = { iconPath: new vscode.ThemeIcon('discard'), tooltip: vscode.l10n.t('Take Back') };
  return instructions.map((each) => {
    const text = textOf(edited, each);
    const isChanged = text !== textOf(config, each);
    return {
      label: isChanged ? `$(edit) ${each}` : each,
      description: isChanged ? vscode.l10n.t('{0} (changed)', shown(text)) : shown(text),
      does: each,
      buttons: edits.has(each) ? [back] : [],
    };
  });
}

function shown(text: string): string {
  return text === '' ? vscode.l10n.t('none') : pickText(oneLine(text));
}

function separator(label: string): CommitItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
