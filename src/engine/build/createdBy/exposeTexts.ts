import type { SplitWord } from '../dockerfile/wordRules.ts';
import { listText } from './listText.ts';

/** EXPOSE as the newest frontends write it, in the order of the line, and as the others do, sorted. */
export function exposeTexts(words: readonly SplitWord[]): readonly string[] {
  const ports = words.flatMap(({ text }) => portsOf(text));
  const sorted = [...new Set(ports)].sort().map((port) => `${port}:{}`);
  return [`EXPOSE ${listText(ports)}`, `EXPOSE map${listText(sorted)}`];
}

/** `[[IP:]HOST:]PORT[-PORT][/PROTOCOL]`: only the container's ports are kept. */
function portsOf(text: string): readonly string[] {
  const [range = '', protocol = ''] = (text.split(':').at(-1) ?? '').split('/');
  const [first = '', last = first] = range.split('-');
  const count = Number(last) - Number(first) + 1;
  if (!/^[0-9]+$/.test(first) || !(count >= 1 && count <= mostPorts)) return [text];
  const name = protocol.toLowerCase() || 'tcp';
  return Array.from({ length: count }, (_, at) => `${Number(first) + at}/${name}`);
}

const mostPorts = 65_536;
