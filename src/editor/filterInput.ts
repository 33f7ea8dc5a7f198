import * as vscode from 'vscode';

export interface FilterRequest {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  readonly apply: (filter: string) => Promise<void>;
}

/** Asks for a filter; the view follows while it is typed, and goes back when it is called off. */
export async function askForFilter({ title, prompt, value, apply }: FilterRequest): Promise<void> {
  const input = vscode.window.createInputBox();
  input.title = title;
  input.prompt = prompt;
  input.value = value;
  const isAccepted = await new Promise<boolean>((resolve) => {
    input.onDidChangeValue((typed) => void apply(typed.trim()));
    input.onDidAccept(() => {
      resolve(true);
    });
    input.onDidHide(() => {
      resolve(false);
    });
    input.show();
  });
  const typed = input.value.trim();
  input.dispose();
  await apply(isAccepted ? typed : value);
}
