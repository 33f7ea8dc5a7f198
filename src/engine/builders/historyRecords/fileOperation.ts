import { goJson, type GoValue } from '../../build/operationKey/goJson.ts';
import { sha256 } from '../../build/sha256.ts';
import { asList, asObject, type JsonObject, textList, textMember } from '../../oci/json.ts';
import { copyShape, type GoShape, inGoOrder, makeFileShape, makeFolderShape } from './goOrder.ts';
import type { ProvenanceStep } from './provenance.ts';
import { type InputReading, keyedBy, type ReadSource, type StepOperation } from './keyedStep.ts';

/** COPY, ADD, WORKDIR, and files that an instruction brings with it. */
export function fileOperation({ operation, inputs }: ProvenanceStep): StepOperation | undefined {
  const actions = asList(asObject(operation['file'])?.['actions']).map((value) =>
    toAction(value, inputs.length),
  );
  if (actions.length === 0 || !actions.every((action) => action !== undefined)) return undefined;
  const texts = actions.map(({ text }) => Buffer.from(text).toString('base64'));
  const indexes = actions.map((action) => action.indexes);
  const chain: GoValue = isUsualChain(indexes) ? undefined : indexes;
  return {
    kind: 'file',
    operation: keyedBy({ Type: 'buildkit.file.v0', Actions: texts, indexes: chain }),
    reads: readsOf(actions),
  };
}

interface FileAction {
  readonly text: string;
  readonly indexes: readonly [onto: number, from: number, output: number];
  /** What it copies. */
  readonly source?: ReadSource;
}

function toAction(value: unknown, inputCount: number): FileAction | undefined {
  const json = asObject(value) ?? {};
  const indexes = [
    numberOf(json['input']),
    numberOf(json['secondaryInput']),
    numberOf(json['output']),
  ] as const;
  const [name, shape] = shapes.find(([each]) => Object.hasOwn(asObject(json['Action']) ?? {}, each)) ?? [
    '',
    [],
  ];
  const action = asObject(asObject(json['Action'])?.[name]);
  const ordered = inGoOrder(action, shape);
  if (action === undefined || ordered === undefined) return undefined;
  const [, from] = indexes;
  if (name !== 'copy' || from < 0 || from >= inputCount) return { text: goJson(ordered), indexes };
  const path = textMember(action, 'src') ?? '';
  return { text: goJson({ ...ordered, src: baseName(path) }), indexes, source: sourceOf(path, action) };
}

const shapes: readonly (readonly [string, GoShape])[] = [
  ['copy', copyShape],
  ['mkdir', makeFolderShape],
  ['mkfile', makeFileShape],
];

function sourceOf(path: string, action: JsonObject): ReadSource {
  return {
    path,
    include: textList(action, 'include_patterns'),
    exclude: textList(action, 'exclude_patterns'),
    allowsWildcards: action['allowWildcard'] === true,
  };
}

/** What is worked on counts whole, also where files are read of the same. */
function readsOf(actions: readonly FileAction[]): ReadonlyMap<number, InputReading> {
  const sources = new Map<number, ReadSource[]>();
  const worked = new Set(actions.map(({ indexes: [onto] }) => onto));
  for (const { source, indexes } of actions) {
    const [, from] = indexes;
    if (source === undefined || worked.has(from)) continue;
    sources.set(from, [...(sources.get(from) ?? []), source]);
  }
  const named = [...sources].map(([input, read]): [number, InputReading] => {
    const paths = read.map(({ path }) => path);
    return [input, { selector: sha256(paths.sort().reverse().join('\0')), sources: read }];
  });
  return new Map(named);
}

/** Left out of the key where BuildKit takes it for the usual case, as in `copyText`. */
function isUsualChain(indexes: readonly FileAction['indexes'][]): boolean {
  return indexes.every(
    ([onto, from, output], at) =>
      onto === (at === 0 ? 0 : indexes.length + at - 1) &&
      (from === -1 || from === 1) &&
      output === (at === indexes.length - 1 ? 0 : -1),
  );
}

/** Go's `path.Base`. */
function baseName(path: string): string {
  return path.split('/').findLast((part) => part !== '') ?? (path === '' ? '.' : '/');
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : 0;
}
