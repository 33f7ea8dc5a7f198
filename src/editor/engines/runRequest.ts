import type { ContainerSpec } from '../../engine/index.ts';

/** What a person wants to run. */
export interface RunRequest {
  /** As the engine knows it. */
  readonly image: string;
  /** Empty for a name that the engine makes up. */
  readonly name: string;
  /** Words; none for the image's own. */
  readonly command: readonly string[];
  readonly ports: readonly PublishedPort[];
  /** `NAME=value`. */
  readonly env: readonly string[];
}

export interface PublishedPort {
  readonly hostPort: string;
  readonly containerPort: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** What the engine is asked for. */
export function containerSpec({ image, command, ports, env }: RunRequest): ContainerSpec {
  const keys = ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
  return {
    Image: image,
    ...(command.length > 0 && { Cmd: command }),
    ...(env.length > 0 && { Env: env }),
    ...(ports.length > 0 && {
      ExposedPorts: Object.fromEntries(keys.map((key) => [key, {}])),
      HostConfig: { PortBindings: bindings(ports) },
    }),
  };
}

/** The same as words of the docker command line, for people to read. Nothing runs it. */
export function runArguments({ image, name, command, ports, env }: RunRequest): readonly string[] {
  return [
    ...['docker', 'run', '--detach'],
    ...(name === '' ? [] : ['--name', name]),
    ...ports.flatMap(({ hostPort, containerPort, protocol }) => [
      '--publish',
      `${hostPort}:${containerPort}${protocol === 'tcp' ? '' : `/${protocol}`}`,
    ]),
    ...env.flatMap((each) => ['--env', each]),
    image,
    ...command,
  ];
}

/** Words as a POSIX shell would take them apart: blanks part, quotes and backslashes keep together. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(text[at + 1] ?? ''))
        word = (word ?? '') + (text[++at] ?? '');
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\' && at + 1 < text.length) word = (word ?? '') + (text[++at] ?? '');
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** One word as a shell would need it. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `8080:80, 53:53/udp`, or `80` for the same port on both sides. Undefined when it is not that. */
export function parsePorts(text: string): readonly PublishedPort[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  const ports = parts.map(parsePort);
  return ports.every((port) => port !== undefined) ? ports : undefined;
}

/** `NAME=value` words. Undefined when one has no name. */
export function parseEnvironment(text: string): readonly string[] | undefined {
  const words = splitWords(text);
  return words.every((word) => /^[^=\s]+=/.test(word)) ? words : undefined;
}

function parsePort(text: string): PublishedPort | undefined {
  const match = /^(?:(\d{1,5}):)?(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text);
  const containerPort = match?.[2];
  if (containerPort === undefined) return undefined;
  const hostPort = match?.[1] ?? containerPort;
  if (Number(containerPort) > 65_535 || Number(hostPort) > 65_535) return undefined;
  return { hostPort, containerPort, protocol: protocolOf(match?.[3]) };
}

function protocolOf(text: string | undefined): PublishedPort['protocol'] {
  return text === 'udp' || text === 'sctp' ? text : 'tcp';
}

function bindings(ports: readonly PublishedPort[]): Record<string, readonly { readonly HostPort: string }[]> {
  const all: Record<string, { readonly HostPort: string }[]> = {};
  for (const { hostPort, containerPort, protocol } of ports)
    (all[`${containerPort}/${protocol}`] ??= []).push({ HostPort: hostPort });
  return all;
}
