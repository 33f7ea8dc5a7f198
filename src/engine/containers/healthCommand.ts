import { asList, asObject, type JsonObject } from '../oci/json.ts';

/** A container's health check as its engine's events write it: `exec_start: COMMAND`; undefined when there is none. */
export function healthCommandOf(container: JsonObject): string | undefined {
  const config = asObject(container['Config']);
  const test = asList(asObject(config?.['Healthcheck'])?.['Test']).map(String);
  const shell = asList(config?.['Shell']).map(String);
  if (test[0] === 'CMD') return test.slice(1).join(' ');
  if (test[0] !== 'CMD-SHELL') return undefined;
  return [...(shell.length > 0 ? shell : ['/bin/sh', '-c']), ...test.slice(1)].join(' ');
}
