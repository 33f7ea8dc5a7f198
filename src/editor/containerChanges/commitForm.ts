import * as vscode from 'vscode';
import { changeField } from './commitFields.ts';
import { type CommitItem, itemsOf, type LineId } from './commitItems.ts';
import type { CommitForm, CommitSubject } from './commitSubject.ts';
import { type Instruction, isInstruction } from './configWords.ts';

type Choice = { readonly does: LineId } | { readonly takesBack: Instruction };

/**
 * Shows all that a commit says on one page, each line to be changed by choosing it, until it is accepted. Undefined when
 * called off.
 */
export async function fillCommitForm(
  subject: CommitSubject,
  start: CommitForm,
): Promise<CommitForm | undefined> {
  let form = start;
  let at: LineId = 'commit';
  for (;;) {
    const choice = await chooseLine(subject, form, at);
    if (choice === undefined) return undefined;
    if ('takesBack' in choice) {
      at = choice.takesBack;
      form = { ...form, edits: new Map([...form.edits].filter(([each]) => each !== choice.takesBack)) };
      continue;
    }
    if (choice.does === 'commit') return form;
    at = choice.does;
    form = await changeField(subject, form, choice.does);
  }
}

function chooseLine(subject: CommitSubject, form: CommitForm, at: LineId): Promise<Choice | undefined> {
  const picker = vscode.window.createQuickPick<CommitItem>();
  picker.title = subject.title;
  picker.placeholder = vscode.l10n.t('Commit as it stands here, or choose a line to change it');
  picker.ignoreFocusOut = true;
  picker.matchOnDescription = true;
  picker.items = itemsOf(subject, form);
  picker.activeItems = picker.items.filter(({ does }) => does === at);
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const does = picker.selectedItems[0]?.does;
      if (does === undefined) return;
      resolve({ does });
      picker.hide();
    });
    picker.onDidTriggerItemButton(({ item: { does } }) => {
      if (does === undefined || !isInstruction(does)) return;
      resolve({ takesBack: does });
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}
