import { asObject, type JsonObject, parseJson, textMember } from '../../oci/json.ts';
import type { Credential, CredentialProblem } from './credentials.ts';

/** What matters of docker's `config.json` and podman's `auth.json`. */
export interface AuthFile {
  /** Its path, or the variable that holds it. */
  readonly name: string;
  readonly auths: JsonObject;
  readonly credHelpers: JsonObject;
  readonly credsStore: string | undefined;
}

/** A damaged file is a problem and holds nothing. The reason is not told: it might quote the file. */
export function parseAuthFile(bytes: Uint8Array, name: string, problems: CredentialProblem[]): AuthFile {
  const document = documentOf(bytes);
  if (document === undefined)
    problems.push({ code: 'file-damaged', subject: name, detail: 'it is not a JSON object' });
  const { auths, credHelpers, credsStore } = document ?? {};
  return {
    name,
    auths: asObject(auths) ?? {},
    credHelpers: asObject(credHelpers) ?? {},
    credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

function documentOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    return asObject(parseJson(bytes, 'credentials', 'config').value);
  } catch {
    return undefined;
  }
}

/** The name of the helper that the file names for a registry, or for all. */
export function helperIn(file: AuthFile, domain: string, path?: string): string | undefined {
  const key = keyFor(Object.keys(file.credHelpers), domain, path);
  return (key === undefined ? undefined : textMember(file.credHelpers, key)) ?? file.credsStore;
}

/** The file's own credentials for a registry. An entry that cannot be read is a problem. */
export function authIn(
  file: AuthFile,
  domain: string,
  path: string | undefined,
  problems: CredentialProblem[],
): Credential | undefined {
  const key = keyFor(Object.keys(file.auths), domain, path);
  const entry = key === undefined ? undefined : asObject(file.auths[key]);
  // Docker leaves an empty entry where a store holds the credentials.
  if (key === undefined || entry === undefined || Object.keys(entry).length === 0) return undefined;
  const credential = toCredential(entry);
  const isBroken = credential === undefined && textMember(entry, 'auth') !== undefined;
  if (isBroken)
    problems.push({
      code: 'file-damaged',
      subject: file.name,
      detail: `its entry for ${domain} cannot be read`,
    });
  return credential;
}

/** The registries that the file speaks of. */
export function authKeys(file: AuthFile): readonly string[] {
  const keys = [...Object.keys(file.auths), ...Object.keys(file.credHelpers)];
  return keys.map((key) => {
    const host = hostOf(key);
    return dockerHosts.includes(host) ? 'docker.io' : host;
  });
}

function toCredential(entry: JsonObject): Credential | undefined {
  const [user, pass] = decodeAuth(textMember(entry, 'auth'));
  const username = textMember(entry, 'username') ?? user;
  const password = textMember(entry, 'password') ?? pass;
  const registryToken = textMember(entry, 'registrytoken');
  if (registryToken !== undefined) return { kind: 'registry-token', token: registryToken };
  const token = textMember(entry, 'identitytoken') ?? (username === '<token>' ? password : undefined);
  if (token !== undefined)
    return { kind: 'identity-token', token, ...(username !== '<token>' && username && { username }) };
  if (username === undefined || password === undefined) return undefined;
  return { kind: 'basic', username, password };
}

/** Base64 of `user:password`; docker pads it with zeros. */
function decodeAuth(auth: string | undefined): readonly [string | undefined, string | undefined] {
  if (auth === undefined || !/^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(auth)) return [undefined, undefined];
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon <= 0) return [undefined, undefined];
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}

const dockerHosts = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * Which of the file's keys speaks of a repository: podman's may name a part of a registry, and the longest that fits wins;
 * docker's are hosts, some written as URLs (`https://index.docker.io/v1/`).
 */
function keyFor(keys: readonly string[], domain: string, path?: string): string | undefined {
  const parts = path?.split('/') ?? [];
  for (let count = parts.length; count > 0; count--) {
    const name = `${domain}/${parts.slice(0, count).join('/')}`;
    if (keys.includes(name)) return name;
  }
  if (keys.includes(domain)) return domain;
  const hosts = domain === 'docker.io' ? dockerHosts : [domain];
  return keys.find((key) => isWholeRegistry(key) && hosts.includes(hostOf(key)));
}

/** Whether a key is a host, perhaps as a URL, rather than a part of a registry. */
function isWholeRegistry(key: string): boolean {
  return /^https?:\/\//.test(key) || /^[^/]+(?:\/v[12])?\/?$/.test(key);
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}
