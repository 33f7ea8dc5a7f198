import type { OptionSpec } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commonOptions } from './commonOptions.ts';

/** `lamina help`. */
export function helpText(): string {
  const width = Math.max(...commands.map(({ name, usage }) => `${name} ${usage}`.length));
  const list = commands.map(
    ({ name, usage, summary }) => `  ${`${name} ${usage}`.padEnd(width)}  ${summary}`,
  );
  return [
    'lamina shows what container images are made of.',
    '',
    'Usage: lamina COMMAND [OPTIONS] ARGUMENTS',
    '',
    ...list,
    '',
    'Images',
    ...transports.map(([form, what]) => `  ${form.padEnd(28)}  ${what}`),
    '',
    'REF is a tag, a full name, a digest, or @N for the N-th image. In IMAGE:PATH the path begins with a slash.',
    '',
    'Options of every command',
    ...optionLines(commonOptions),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong use, 3 not there, 4 damaged input, 5 unreachable, 130 interrupted',
    '`lamina COMMAND --help` says more.',
  ].join('\n');
}

/** `lamina COMMAND --help`. */
export function commandHelpText({ name, usage, summary, details = [], options }: Command): string {
  return [
    `Usage: ${`lamina ${name} [OPTIONS] ${usage}`.trimEnd()}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...details,
    '',
    'Options',
    ...optionLines([...options, ...commonOptions]),
  ].join('\n');
}

const transports: readonly (readonly [form: string, what: string])[] = [
  ['docker-archive:PATH[:REF]', '`docker save` or `podman save` tar, plain or compressed'],
  ['oci-archive:PATH[:REF]', 'OCI image layout as a tar'],
  ['oci:DIR[:REF]', 'OCI image layout as a folder'],
  ['dir:DIR', "skopeo's folder"],
  ['docker-daemon:NAME', 'a Docker-compatible engine: --host, --context, else as docker finds it'],
  ['docker://NAME', 'a registry; layers are fetched when they are first needed'],
  ['store:NAME', "Lamina's own store"],
  ['container:NAME', 'a container of the store, for ls, cat, find, blame and diff'],
  ['NAME', 'the store, else a path that exists, recognised by its content, else the engine'],
];

function optionLines(options: readonly OptionSpec[]): readonly string[] {
  const forms = options.map(({ name, short, value }) => {
    const long = `--${name}${value === undefined ? '' : ` ${value}`}`;
    return short === undefined ? `    ${long}` : `-${short}, ${long}`;
  });
  const width = Math.max(...forms.map((form) => form.length));
  return options.map(({ help, choices }, at) => {
    const allowed = choices === undefined ? '' : ` (${choices.join(', ')})`;
    return `  ${(forms[at] ?? '').padEnd(width)}  ${help}${help.includes(choices?.[0] ?? '\0') ? '' : allowed}`;
  });
}
