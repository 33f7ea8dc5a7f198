import type { OptionSpec } from './arguments.ts';

/** What every command takes. */
export const commonOptions: readonly OptionSpec[] = [
  { name: 'store', value: 'DIR', help: 'where the store is (else LAMINA_STORE, else your data directory)' },
  {
    name: 'host',
    value: 'ENDPOINT',
    help: 'the container engine: unix://PATH, tcp://HOST:PORT, ssh://HOST (else DOCKER_HOST)',
  },
  {
    name: 'context',
    value: 'NAME',
    help: "the container engine of one of docker's contexts (else DOCKER_CONTEXT, else its current one)",
  },
  { name: 'verbose', help: 'say more: all warnings, and what caused an error' },
  { name: 'help', short: 'h', help: 'show this help' },
];

export const platformOption: OptionSpec = {
  name: 'platform',
  value: 'OS/ARCH[/VARIANT]',
  help: 'the image of an index to take (default: this machine, linux where it is not)',
};

export const jsonOption: OptionSpec = { name: 'json', help: 'print one JSON document' };
export const jsonLinesOption: OptionSpec = { name: 'jsonl', help: 'print one JSON object a line' };
export const quietOption: OptionSpec = { name: 'quiet', short: 'q', help: 'print only the name and digest' };
export const rawOption: OptionSpec = { name: 'raw', help: 'print names byte for byte on a terminal too' };

/** Of commands that list paths of images. */
export const listOptions: readonly OptionSpec[] = [platformOption, jsonOption, jsonLinesOption, rawOption];

export const likeOption: OptionSpec = {
  name: 'like',
  value: 'STORE',
  choices: ['classic', 'containerd'],
  help: 'the store of Docker 29 whose answer this equals: classic (default) or containerd',
};
