import { toText } from '../../base/layerPath.ts';
import type { LayerChange } from '../../rootfs/rootfs.ts';
import type { LeftSecret, ReadLayer, SecretKind } from './layerHint.ts';

/** Bytes of a file that are looked at. */
export const secretHeadBytes = 16_384;
/** Files larger than that are none that a person wrote. */
const mostBytes = 1_000_000;

/** Whether a file's name is one that secrets go by, so that its beginning is worth reading. */
export function mayHoldSecret({ entry, path }: LayerChange): boolean {
  if (entry?.type !== 'file' || entry.size === 0 || entry.size > mostBytes) return false;
  const text = toText(path);
  return !foreign.test(text) && kinds.some(({ name }) => name.test(text));
}

/** Secrets in the layers, whether or not a later layer hides them. A name alone is not enough: the bytes must be like it. */
export function leftSecrets(layers: readonly ReadLayer[]): readonly LeftSecret[] {
  return layers.flatMap(({ instruction, changes, heads }, at) =>
    changes.flatMap(({ path, entry }) => {
      const head = heads.get(path);
      const what = head === undefined || entry === undefined ? undefined : secretIn(toText(path), head);
      if (what === undefined) return [];
      const isHidden = layers.slice(at + 1).some((later) => later.changes.some((each) => each.path === path));
      return [{ kind: 'secret' as const, instruction, path, what, isHidden }];
    }),
  );
}

function secretIn(path: string, head: string): SecretKind | undefined {
  return kinds.find(({ name, isLike }) => name.test(path) && isLike(head))?.kind;
}

/** Packages bring keys and examples of their own, for tests and for documentation. */
const foreign =
  /\/(?:usr\/(?:share|lib|include)|etc\/ssl|node_modules|site-packages|dist-packages|vendor|tests?|testdata|fixtures?|examples?)\//;

interface SecretShape {
  readonly kind: SecretKind;
  readonly name: RegExp;
  readonly isLike: (head: string) => boolean;
}

const kinds: readonly SecretShape[] = [
  {
    kind: 'private-key',
    name: /\/(?:id_(?:rsa|dsa|ecdsa|ed25519)|[^/]{1,100}\.(?:pem|key))$/,
    isLike: (head) => /-----BEGIN (?:[A-Z]{2,10} )?(?:ENCRYPTED )?PRIVATE KEY-----/.test(head),
  },
  {
    kind: 'environment',
    name: /\/\.env(?:\.(?!example|sample|template|dist|defaults?)[\w-]{1,50})?$/,
    isLike: (head) => head.split('\n').some(setsSecret),
  },
  {
    kind: 'credentials',
    name: /\/(?:\.npmrc|\.pypirc|\.netrc|\.git-credentials|\.aws\/credentials|\.docker\/config\.json)$/,
    isLike: (head) => head.split('\n').some(holdsToken),
  },
];

/** `API_KEY=…` with a value that is not there to be replaced. */
function setsSecret(line: string): boolean {
  const [, name = '', value = ''] = /^\s*(?:export\s+)?(\w{1,100})\s*=\s*["']?([^"'\s#]*)/.exec(line) ?? [];
  return /secret|token|passw(?:or)?d|api_?key|private_?key|credential/i.test(name) && isReal(value);
}

function holdsToken(line: string): boolean {
  const patterns = [
    /_(?:authToken|password|auth)\s*=\s*(\S+)/,
    /^\s*password\s*[=: ]\s*(\S+)/,
    /\bpassword\s+(\S+)/,
    /^https?:\/\/[^:/\s]{1,100}:([^@\s]+)@/,
    /^\s*aws_secret_access_key\s*=\s*(\S+)/,
    /"(?:auth|identitytoken)"\s*:\s*"([^"]+)"/,
  ];
  return patterns.some((each) => isReal(each.exec(line.slice(0, 1000))?.[1] ?? ''));
}

function isReal(value: string): boolean {
  const isPlaceholder =
    /^(?:change.?me|x{3,}|\*{3,}|your|example|secret|password|test|dummy|placeholder|todo|none|null|true|false)/i;
  return value.length >= 8 && !/[${}<>]/.test(value) && !isPlaceholder.test(value);
}
