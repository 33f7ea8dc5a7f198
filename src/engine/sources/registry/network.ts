import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { EngineError } from '../../base/errors.ts';
import { addressKind, type AddressKind } from './addressKind.ts';

/** Names and addresses; tests put their own in its place. */
export interface Network {
  /** @throws the system's error where the name is unknown. */
  lookup(hostname: string): Promise<readonly HostAddress[]>;
  kindOf(address: string): AddressKind;
}

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

export const systemNetwork: Network = {
  lookup: (hostname) => lookup(hostname, { all: true }),
  kindOf: addressKind,
};

/**
 * The addresses of a host that the registry led us to, without those where it has no business: a registry on the
 * internet may not send us into the user's own network, and none may send us to a metadata service. Where the registry
 * itself is inside, or on this machine, it may name others there.
 *
 * @param home the kind of the address where the registry itself was reached.
 * @throws EngineError `insecure` when none is left.
 */
export async function foreignAddresses(
  network: Network,
  hostname: string,
  home: AddressKind,
): Promise<readonly HostAddress[]> {
  const found = await addressesOf(network, hostname);
  const allowed = found.filter(({ address }) => mayLead(home, network.kindOf(address)));
  if (allowed.length > 0 || found.length === 0) return allowed;
  const { address } = found[0] ?? { address: '' };
  throw new EngineError('insecure', hostname, ledInside(network.kindOf(address), address));
}

/** @throws EngineError `insecure` when the name itself already says that it leads where it may not. */
export function checkForeignName(network: Network, hostname: string, home: AddressKind): void {
  const bare = bareHost(hostname);
  const kind = isLocalName(bare) ? 'loopback' : isIP(bare) === 0 ? undefined : network.kindOf(bare);
  if (kind === undefined || mayLead(home, kind)) return;
  throw new EngineError('insecure', bare, ledInside(kind, bare));
}

function ledInside(kind: AddressKind, address: string): string {
  return `the registry leads to the ${kind} address ${address}, where it is not itself`;
}

function mayLead(home: AddressKind, kind: AddressKind): boolean {
  if (kind === 'public') return true;
  return kind !== 'special' && kind === home;
}

async function addressesOf(network: Network, hostname: string): Promise<readonly HostAddress[]> {
  const bare = bareHost(hostname);
  const family = isIP(bare);
  return family === 0 ? network.lookup(bare) : [{ address: bare, family }];
}

/** Without the brackets that URLs put around IPv6 addresses. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isLocalName(hostname: string): boolean {
  return /^(?:.*\.)?localhost\.?$/.test(hostname);
}
