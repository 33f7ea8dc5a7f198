import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Where an address leads: `special` are the ones of cloud metadata services, link-local ones, and those that are no
 * place of their own (unspecified, multicast, reserved).
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'special';

/** The kind of an IP address in its usual text form; what is no address is `special`. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return kindOf(address, 'ipv4');
  if (!isIPv6(address)) return 'special';
  const inner = embeddedIPv4(address);
  return inner === undefined ? kindOf(address, 'ipv6') : kindOf(inner, 'ipv4');
}

function kindOf(address: string, family: 'ipv4' | 'ipv6'): AddressKind {
  if (loopback.check(address, family)) return 'loopback';
  if (special.check(address, family)) return 'special';
  return inside.check(address, family) ? 'private' : 'public';
}

/** The IPv4 address that an IPv6 one stands for (mapped, compatible, NAT64, 6to4): the way leads there. */
function embeddedIPv4(address: string): string | undefined {
  const groups = groupsOf(address);
  // `::` and `::1` are addresses of their own.
  if (groups === undefined || groups.slice(0, 7).every((group) => group === 0)) return undefined;
  if (translated.check(address, 'ipv6')) return dotted(groups[6], groups[7]);
  return groups[0] === 0x2002 ? dotted(groups[1], groups[2]) : undefined;
}

/** The eight numbers of an IPv6 address; the URL parser knows every spelling. */
function groupsOf(address: string): readonly number[] | undefined {
  const url = URL.parse(`http://[${address.split('%')[0] ?? ''}]/`);
  if (url === null) return undefined;
  const [head = '', tail] = url.hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...(tail === undefined ? [] : zeros), ...right].map((group) => parseInt(group, 16));
}

function dotted(high = 0, low = 0): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

const loopback = listOf(['127.0.0.0', 8], ['::1', 128]);
const translated = listOf(['::', 96], ['::ffff:0:0', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48]);
const inside = listOf(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  ['fc00::', 7],
  ['fec0::', 10],
);
const special = listOf(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 3],
  // Metadata services of clouds that lie in ranges of other kinds.
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
);

function listOf(...subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}
