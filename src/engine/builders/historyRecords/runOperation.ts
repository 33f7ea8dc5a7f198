import type { KeyFormat } from '../../build/operationKey/keyFormat.ts';
import { type Sha256, sha256 } from '../../build/sha256.ts';
import { asList, asObject, type JsonObject, textMember } from '../../oci/json.ts';
import { inGoOrder, runShape } from './goOrder.ts';
import type { ProvenanceStep } from './provenance.ts';
import { type InputReading, keyedBy, type StepOperation } from './keyedStep.ts';

/** RUN. Undefined without a platform, which the builder then took from itself. */
export function runOperation(
  { operation, platform }: ProvenanceStep,
  format: KeyFormat,
): StepOperation | undefined {
  const told = asObject(operation['exec']) ?? {};
  const mounts = asList(told['mounts']).map((mount) => asObject(mount) ?? {});
  const counted = inGoOrder(withoutUncounted(told, mounts, format), runShape);
  if (counted === undefined || platform === undefined) return undefined;
  const { os, architecture, variant } = platform;
  const key = { Type: 'buildkit.exec.v0', Exec: counted, OS: os, Arch: architecture, Variant: variant };
  return { kind: 'run', operation: keyedBy(key), reads: readsOf(mounts, format) };
}

/** Addresses, proxies, paths within mounts and most names of caches do not count, nor the root where it is all there is. */
function withoutUncounted(
  told: JsonObject,
  mounts: readonly JsonObject[],
  { cacheMountId }: KeyFormat,
): JsonObject {
  const meta = without(asObject(told['meta']) ?? {}, 'proxy_env');
  const hosts = asList(meta['extraHosts']).map((host) => without(asObject(host) ?? {}, 'IP'));
  const [root] = mounts;
  const isRootOnly =
    mounts.length === 1 && root?.['dest'] === '/' && textMember(root, 'selector') === undefined;
  const counted = mounts.map((mount) =>
    without(cacheMountId === 'usual-only' ? withoutCacheId(mount) : mount, 'selector'),
  );
  return {
    ...without(told, 'mounts'),
    meta: { ...meta, ...(hosts.length > 0 && { extraHosts: hosts }) },
    ...(!isRootOnly && { mounts: counted }),
  };
}

function withoutCacheId(mount: JsonObject): JsonObject {
  const cache = asObject(mount['cacheOpt']);
  if (cache === undefined) return mount;
  const [id = '', to = ''] = [textMember(cache, 'ID'), textMember(mount, 'dest')];
  const isUsual = (id === to || id.slice(id.indexOf('/') + 1) === to) && (cache['sharing'] ?? 0) === 0;
  return isUsual ? mount : { ...mount, cacheOpt: {} };
}

/** An input that the step may change is never looked up by its content. */
function readsOf(
  mounts: readonly JsonObject[],
  { namesWholeInput }: KeyFormat,
): ReadonlyMap<number, InputReading> {
  const byInput = new Map<number, JsonObject[]>();
  for (const mount of mounts) {
    const input = numberOf(mount['input']);
    if (input >= 0) byInput.set(input, [...(byInput.get(input) ?? []), mount]);
  }
  return new Map([...byInput].map(([input, of]) => [input, readingOf(of, namesWholeInput)]));
}

function readingOf(mounts: readonly JsonObject[], namesWhole: boolean): InputReading {
  const paths = mounts.map((mount) => absolute(textMember(mount, 'selector') ?? ''));
  const named = paths.filter((path) => namesWhole || path !== '/');
  const selector: Sha256 | '' = named.length === 0 ? '' : sha256(named.join('\0'));
  const isChanged = mounts.some(
    (mount) => (mount['readonly'] !== true || mount['dest'] === '/') && numberOf(mount['output']) !== -1,
  );
  if (isChanged) return { selector };
  const wanted = paths.includes('/') ? ['/'] : [...new Set(paths)];
  const sources = wanted.map((path) => ({ path, include: [], exclude: [], allowsWildcards: false }));
  return { selector, sources };
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : 0;
}
