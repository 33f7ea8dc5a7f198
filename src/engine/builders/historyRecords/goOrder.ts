import { asList, asObject } from '../../oci/json.ts';
import type { GoValue } from '../../build/operationKey/goJson.ts';

/** The members of one of BuildKit's messages in the order in which Go writes them (`solver/pb/ops.proto`). */
export type GoShape = readonly (readonly [member: string, shape?: GoShape])[];

/**
 * A value of a message with its members in Go's order. Undefined when it has a member that is not known: then its place is
 * not known either.
 */
export function inGoOrder(value: unknown, shape: GoShape): Readonly<Record<string, GoValue>> | undefined {
  const object = asObject(value);
  if (object === undefined) return undefined;
  const known = new Set(shape.map(([name]) => name));
  if (Object.keys(object).some((name) => !known.has(name))) return undefined;
  const ordered: Record<string, GoValue> = {};
  for (const [name, inner] of shape) {
    if (!Object.hasOwn(object, name)) continue;
    const member = inner === undefined ? plain(object[name]) : nested(object[name], inner);
    if (member === undefined) return undefined;
    ordered[name] = member;
  }
  return ordered;
}

function nested(value: unknown, shape: GoShape): GoValue | undefined {
  if (!Array.isArray(value)) return inGoOrder(value, shape);
  const items = asList(value).map((item) => inGoOrder(item, shape));
  return items.every((item) => item !== undefined) ? items : undefined;
}

function plain(value: unknown): GoValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value)) return undefined;
  const items = asList(value).map(plain);
  return items.every((item) => item !== undefined) ? items : undefined;
}

const id: GoShape = [['User', [['byName', [['name'], ['input']]], ['byID'], ['ByID'], ['byId']]]];
const owner: GoShape = [
  ['user', id],
  ['group', id],
];

export const copyShape: GoShape = [
  ['src'],
  ['dest'],
  ['owner', owner],
  ['mode'],
  ['followSymlink'],
  ['dirCopyContents'],
  ['attemptUnpackDockerCompatibility'],
  ['createDestPath'],
  ['allowWildcard'],
  ['allowEmptyWildcard'],
  ['timestamp'],
  ['include_patterns'],
  ['exclude_patterns'],
  ['alwaysReplaceExistingDestPaths'],
  ['modeStr'],
  ['required_paths'],
];

export const makeFileShape: GoShape = [['path'], ['mode'], ['data'], ['owner', owner], ['timestamp']];

export const makeFolderShape: GoShape = [
  ['path'],
  ['mode'],
  ['makeParents'],
  ['owner', owner],
  ['timestamp'],
];

const secret: GoShape = [['ID'], ['uid'], ['gid'], ['mode'], ['optional']];

export const runShape: GoShape = [
  [
    'meta',
    [
      ['args'],
      ['env'],
      ['cwd'],
      ['user'],
      ['proxy_env', [['http_proxy'], ['https_proxy'], ['ftp_proxy'], ['no_proxy'], ['all_proxy']]],
      ['extraHosts', [['Host'], ['IP']]],
      ['hostname'],
      ['ulimit', [['Name'], ['Soft'], ['Hard']]],
      ['cgroupParent'],
      ['removeMountStubsRecursive'],
      ['validExitCodes'],
    ],
  ],
  [
    'mounts',
    [
      ['input'],
      ['selector'],
      ['dest'],
      ['output'],
      ['readonly'],
      ['mountType'],
      ['TmpfsOpt', [['size']]],
      ['cacheOpt', [['ID'], ['sharing']]],
      ['secretOpt', secret],
      ['SSHOpt', secret],
      ['resultID'],
      ['contentCache'],
    ],
  ],
  ['network'],
  ['security'],
  ['secretenv', [['ID'], ['name'], ['optional']]],
  ['cdiDevices', [['name'], ['optional']]],
];

export const mergeShape: GoShape = [['inputs', [['input']]]];
