import * as vscode from 'vscode';
import { complaintAbout as complaintAboutName } from '../imageNames.ts';
import { oneLine } from '../text.ts';
import { askText, goBack } from './askText.ts';
import type { CommitForm, CommitSubject } from './commitSubject.ts';
import type { FieldId } from './commitItems.ts';
import { complaintAbout, type EditComplaint } from './configEdits.ts';
import { type Instruction, isInstruction, textOf } from './configWords.ts';

/** Asks for one line of the form anew. The form is as before when a person goes back. */
export async function changeField(
  subject: CommitSubject,
  form: CommitForm,
  field: FieldId,
): Promise<CommitForm> {
  if (field === 'pauses') return { ...form, pauses: !form.pauses };
  if (isInstruction(field)) return changeConfig(subject, form, field);
  const { label, prompt, example } = questions()[field];
  const text = await askText({
    title: `${subject.title}: ${label}`,
    prompt,
    value: form[field],
    placeholder: example,
    complaint: (typed) => (field === 'name' ? nameComplaint(typed) : undefined),
  });
  return text === goBack ? form : { ...form, [field]: text };
}

async function changeConfig(
  subject: CommitSubject,
  form: CommitForm,
  instruction: Instruction,
): Promise<CommitForm> {
  const text = await askText({
    title: `${subject.title}: ${instruction}`,
    prompt: vscode.l10n.t('What follows {0}, as in a Dockerfile', instruction),
    value: form.edits.get(instruction) ?? textOf(subject.config, instruction),
    placeholder: examples[instruction],
    complaint: (typed) => complaintText(complaintOf(subject, instruction, typed), instruction),
  });
  if (text === goBack) return form;
  return { ...form, edits: new Map([...form.edits, [instruction, text]]) };
}

function complaintOf(
  { config }: CommitSubject,
  instruction: Instruction,
  text: string,
): EditComplaint | undefined {
  return complaintAbout(config, instruction, text);
}

function complaintText(complaint: EditComplaint | undefined, instruction: Instruction): string | undefined {
  if (complaint === undefined) return undefined;
  return complaint.kind === 'missing'
    ? vscode.l10n.t(
        '{0} comes from the image: it can be changed, but not taken away.',
        oneLine(complaint.names.join(', ')),
      )
    : vscode.l10n.t('{0} looks like: {1}', instruction, examples[instruction]);
}

/** A digest cannot be chosen. */
function nameComplaint(name: string): string | undefined {
  if (name.includes('@')) return vscode.l10n.t('A name looks like registry/name:tag, in lower case.');
  return complaintAboutName(name, 'optional');
}

interface Question {
  readonly label: string;
  readonly prompt: string;
  readonly example: string;
}

function questions(): Readonly<Record<'name' | 'message' | 'author', Question>> {
  return {
    name: {
      label: vscode.l10n.t('Name'),
      prompt: vscode.l10n.t('What the new image is called; empty for no name'),
      example: 'example.com/app:1.0',
    },
    message: {
      label: vscode.l10n.t('Message'),
      prompt: vscode.l10n.t('What was done; it stands in the image’s history'),
      example: '',
    },
    author: {
      label: vscode.l10n.t('Author'),
      prompt: vscode.l10n.t('Who did it; remembered for the next time'),
      example: '',
    },
  };
}

/** The same in every language. */
const examples: Readonly<Record<Instruction, string>> = {
  ENTRYPOINT: '["/docker-entrypoint.sh"]',
  CMD: '["nginx", "-g", "daemon off;"]',
  USER: 'nginx:nginx',
  WORKDIR: '/srv/app',
  ENV: 'LANG=C.UTF-8 "MOTTO=two words"',
  EXPOSE: '80 53/udp',
  VOLUME: '/var/lib/data /var/log',
  LABEL: 'version=1.0 "description=two words"',
  STOPSIGNAL: 'SIGQUIT',
};
