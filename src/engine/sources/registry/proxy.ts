import { BlockList, isIP } from 'node:net';
import { bareHost } from './network.ts';
import { isLoopbackHost } from './plainHttp.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for a URL, by the rules that Go's programs and so docker follow: `HTTPS_PROXY`
 * and `HTTP_PROXY`, `NO_PROXY` with hosts, domains, ports, networks and `*`; never for this machine.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const named = variable(environment, url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  if (named === undefined || isLoopbackHost(url.hostname) || isExempt(url, environment)) return undefined;
  const proxy = URL.parse(named.includes('://') ? named : `http://${named}`);
  return proxy?.protocol === 'http:' || proxy?.protocol === 'https:' ? proxy : undefined;
}

/** The value of `Proxy-Authorization`, where the proxy's URL holds a user. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '') return undefined;
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

export function portOf(url: URL): number {
  return Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
}

function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name] ?? environment[name.toUpperCase()];
  return value === '' ? undefined : value;
}

function isExempt(url: URL, environment: Environment): boolean {
  const rules = (variable(environment, 'no_proxy') ?? '').split(',');
  return rules.map((rule) => rule.trim().toLowerCase()).some((rule) => rule !== '' && exempts(rule, url));
}

function exempts(rule: string, url: URL): boolean {
  const host = bareHost(url.hostname);
  if (rule === '*' || isInNetwork(rule, host)) return true;
  const [, name = rule, port] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  if (port !== undefined && isIP(rule) === 0 && Number(port) !== portOf(url)) return false;
  const plain = (isIP(rule) === 0 ? bareHost(name) : rule).replace(/^\*?\./, '');
  const isDomainOnly = rule.startsWith('.') || rule.startsWith('*.');
  return host.endsWith(`.${plain}`) || (!isDomainOnly && host === plain);
}

function isInNetwork(rule: string, host: string): boolean {
  const [network = '', prefix = ''] = rule.split('/');
  const family = isIP(network);
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
