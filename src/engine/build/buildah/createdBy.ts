import type { Command, CopyCommand, RunCommand } from '../dockerfile/commands.ts';
import type { BuildahArguments } from './buildahArguments.ts';
import type { BuildahRules } from './buildahVersion.ts';

/** How the last entry of an image's history has to read: texts, or a beginning and an end around a digest that is not known. */
export type CreatedBy =
  | { readonly kind: 'text'; readonly texts: readonly string[] }
  | { readonly kind: 'around'; readonly before: string; readonly after: string };

/** What buildah writes for an instruction: mostly as it is written in the file (build-cache.md §2.2). */
export function createdBy(
  command: Exclude<Command, CopyCommand>,
  args: BuildahArguments,
  env: ReadonlyMap<string, string>,
  rules: BuildahRules,
): CreatedBy {
  const { original } = command.instruction;
  if (command.kind === 'arg') return text(`/bin/sh -c #(nop) ARG ${args.names}`);
  if (command.kind !== 'run') return text(`/bin/sh -c #(nop) ${original}`);
  const settings = args.ofRun(env);
  const before = settings === '' ? '' : `|${settings.split(' ').length} ${settings} `;
  const bodies = command.instruction.heredocs.map(({ content }) => `\n${content.trim()}`).join('');
  const whole = `${before}/bin/sh -c ${original.slice(4)}${bodies}`;
  return rules.sumsMounts && hasBind(command)
    ? { kind: 'around', before: `${whole}:`, after: '' }
    : text(whole);
}

/** @param digests what stands for the sources; undefined when it is not known. */
export function createdByCopy(command: CopyCommand, digests: readonly string[] | undefined): CreatedBy {
  const before = `/bin/sh -c #(nop) ${command.kind.toUpperCase()} `;
  const after = ` in ${command.destination.text}`;
  if (digests === undefined) return { kind: 'around', before, after };
  return { kind: 'text', texts: digests.map((digest) => `${before}${digest}${after}`) };
}

/** Blanks at the end are as many as the version of buildah has. */
export function isCreatedBy(expected: CreatedBy, written: string, isCopy: boolean): boolean {
  const entry = isCopy ? written.trimEnd() : written;
  if (expected.kind === 'text') return expected.texts.includes(entry);
  const { before, after } = expected;
  const digest = entry.slice(before.length, entry.length - after.length);
  return entry.startsWith(before) && entry.endsWith(after) && /^[a-z0-9:]+$/.test(digest);
}

/** Whether a RUN shows files by a bind mount, which is the usual type. */
export function hasBind(command: RunCommand): boolean {
  return command.mounts.some(({ text: mount }) => !/(?:^|,)type=(?!bind(?:,|$))/i.test(mount));
}

function text(only: string): CreatedBy {
  return { kind: 'text', texts: [only] };
}

/** One text for what is looked up: a digest that is not known is a question mark. */
export function expectedText(expected: CreatedBy): string {
  if (expected.kind === 'around') return `${expected.before}?${expected.after} `;
  const [first = ''] = expected.texts;
  return /#\(nop\) (?:COPY|ADD) /.test(first) ? `${first} ` : first;
}
