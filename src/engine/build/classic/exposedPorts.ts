/** The ports of EXPOSE as a config has them: `80/tcp`, ranges one by one. What is no port is left out. */
export function exposedPorts(words: readonly string[]): readonly string[] {
  return words.flatMap(portsOf);
}

const mostPorts = 65_535;

function portsOf(word: string): readonly string[] {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(?:.*:)?([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/([a-zA-Z]+))?$/.exec(word) ?? [];
  if (first === '' || Number(last) > mostPorts || Number(first) > Number(last)) return [];
  const count = Number(last) - Number(first) + 1;
  return Array.from({ length: count }, (_, at) => `${Number(first) + at}/${protocol.toLowerCase()}`);
}
