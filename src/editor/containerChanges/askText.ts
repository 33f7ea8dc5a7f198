import * as vscode from 'vscode';

/** The answer of a person who would rather not say. */
export const goBack = Symbol('back');

export interface TextQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  readonly placeholder: string;
  /** What is wrong with a text; undefined when nothing is. */
  readonly complaint: (text: string) => string | undefined;
}

/** Asks for a text, from where one can go back. It is only taken when nothing is wrong with it. */
export function askText(question: TextQuestion): Promise<string | typeof goBack> {
  const input = vscode.window.createInputBox();
  input.title = question.title;
  input.prompt = question.prompt;
  input.value = question.value;
  input.placeholder = question.placeholder;
  input.ignoreFocusOut = true;
  input.buttons = [vscode.QuickInputButtons.Back];
  const typed = (): string => input.value.trim();
  return new Promise((resolve) => {
    input.onDidChangeValue(() => {
      input.validationMessage = question.complaint(typed());
    });
    input.onDidAccept(() => {
      if (question.complaint(typed()) !== undefined) return;
      resolve(typed());
      input.hide();
    });
    input.onDidTriggerButton(() => {
      input.hide();
    });
    input.onDidHide(() => {
      resolve(goBack);
      input.dispose();
    });
    input.show();
  });
}
