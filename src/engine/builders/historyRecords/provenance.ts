import { EngineError } from '../../base/errors.ts';
import { asList, asObject, type JsonObject, parseJson, textMember } from '../../oci/json.ts';
import { platformFrom } from '../../sources/dockerEngine/answerFields.ts';
import type { Platform } from '../../oci/platform.ts';

/** What BuildKit keeps of a build that ended well: its operations, and where each of them stands. Texts may be hostile. */
export interface Provenance {
  /** Those before that others need. */
  readonly steps: readonly ProvenanceStep[];
  /** Positions of steps by the digest that events call them. */
  readonly vertices: ReadonlyMap<string, number>;
  readonly dockerfile?: string;
}

export interface ProvenanceStep {
  /** The operation, its members sorted by name. */
  readonly operation: JsonObject;
  readonly platform?: Platform;
  readonly inputs: readonly StepInput[];
  /** Of the Dockerfile, from 1; undefined of what no instruction stands for. */
  readonly lines?: { readonly first: number; readonly last: number };
  /** Layers of its result, lowest first; empty when it was not exported. */
  readonly layers: readonly ProvenanceLayer[];
}

export interface StepInput {
  /** Position of the step that makes it. */
  readonly step: number;
  readonly output: number;
}

export interface ProvenanceLayer {
  /** Of the stored blob; in the classic store of the plain tar. */
  readonly digest: string;
  readonly isPlain: boolean;
}

/** A build of a person has a few hundred. */
const maxSteps = 20_000;

/**
 * Parses a provenance attestation in both shapes that BuildKit has written: SLSA v1 from 0.28, and v0.2 before
 * (build-cache.md §4.1).
 *
 * @throws EngineError `invalid-config` when it is no JSON, `limit-exceeded`, `damaged` when steps refer to others that are
 * not there.
 */
export function parseProvenance(bytes: Uint8Array, subject: string): Provenance {
  const { config, metadata } = shapeOf(parseJson(bytes, subject, 'config').value);
  const listed = asList(config['llbDefinition']).map(objectOf);
  if (listed.length > maxSteps)
    throw new EngineError('limit-exceeded', subject, `it has ${listed.length} steps`);
  const positions = new Map(listed.map((step, position) => [textMember(step, 'id') ?? '', position]));
  const source = objectOf(metadata['source']);
  const steps = listed.map((step, position) =>
    toStep(step, position, { positions, source, layers: objectOf(metadata['layers']), subject }),
  );
  const dockerfile = textMember(objectOf(asList(source['infos'])[0]), 'data');
  return {
    steps,
    vertices: verticesOf(objectOf(config['digestMapping']), positions),
    ...(dockerfile !== undefined && { dockerfile: Buffer.from(dockerfile, 'base64').toString('utf8') }),
  };
}

interface Surroundings {
  readonly positions: ReadonlyMap<string, number>;
  readonly source: JsonObject;
  readonly layers: JsonObject;
  readonly subject: string;
}

function shapeOf(value: unknown): { readonly config: JsonObject; readonly metadata: JsonObject } {
  const json = objectOf(value);
  const definition = objectOf(json['buildDefinition']);
  const details = objectOf(objectOf(json['runDetails'])['metadata']);
  const old = objectOf(json['metadata'])['https://mobyproject.org/buildkit@v1#metadata'];
  return {
    config: objectOf(objectOf(definition['internalParameters'])['buildConfig'] ?? json['buildConfig']),
    metadata: objectOf(details['buildkit_metadata'] ?? old),
  };
}

function toStep(json: JsonObject, position: number, surroundings: Surroundings): ProvenanceStep {
  const id = textMember(json, 'id') ?? '';
  const op = objectOf(json['op']);
  const lines = linesOf(objectOf(objectOf(surroundings.source['locations'])[id]));
  return {
    operation: objectOf(op['Op']),
    ...(op['platform'] !== undefined && { platform: goPlatform(objectOf(op['platform'])) }),
    inputs: asList(json['inputs']).map((input) => toInput(input, position, surroundings)),
    ...(lines && { lines }),
    layers: layersOf(surroundings.layers[`${id}:0`]),
  };
}

/** `step3:0`. A step comes before those that it is an input of, so that nothing goes in circles. */
function toInput(value: unknown, position: number, { positions, subject }: Surroundings): StepInput {
  const [, id = '', output = ''] = typeof value === 'string' ? (/^(.+):(\d{1,9})$/.exec(value) ?? []) : [];
  const step = positions.get(id);
  if (step === undefined || step >= position)
    throw new EngineError('damaged', subject, `step ${position} has an input that is not before it`);
  return { step, output: Number(output) };
}

/** Two instructions that are one operation have two locations: the first counts. */
function linesOf(json: JsonObject): ProvenanceStep['lines'] {
  const [location] = asList(json['locations']).map(objectOf);
  const ranges = asList(location?.['ranges']).map(objectOf);
  const numbers = ranges.flatMap(({ start, end }) => [lineOf(start), lineOf(end)]);
  const known = numbers.filter((line) => line !== undefined);
  if (known.length === 0) return undefined;
  return {
    first: known.reduce((one, other) => Math.min(one, other)),
    last: known.reduce((one, other) => Math.max(one, other)),
  };
}

function lineOf(place: unknown): number | undefined {
  const { line } = objectOf(place);
  return typeof line === 'number' && Number.isSafeInteger(line) && line > 0 ? line : undefined;
}

/** Of several chains that a result has, by how they are packed, all have the same layers. */
function layersOf(value: unknown): readonly ProvenanceLayer[] {
  return asList(asList(value)[0]).map((each) => {
    const json = objectOf(each);
    const mediaType = textMember(json, 'mediaType') ?? '';
    return { digest: textMember(json, 'digest') ?? '', isPlain: mediaType.endsWith('.diff.tar') };
  });
}

function verticesOf(
  mapping: JsonObject,
  positions: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const entries = Object.entries(mapping).flatMap(([digest, id]) => {
    const position = typeof id === 'string' ? positions.get(id) : undefined;
    return position === undefined ? [] : [[digest, position] as const];
  });
  return new Map(entries);
}

/** Members of Go's form: `OS`, `Architecture`. */
function goPlatform(json: JsonObject): Platform {
  return platformFrom({ ...json, Os: json['OS'] });
}

function objectOf(value: unknown): JsonObject {
  return asObject(value) ?? {};
}
