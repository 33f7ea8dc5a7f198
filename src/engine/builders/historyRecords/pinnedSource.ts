import type { KeyedOperation } from '../../build/cache/vertex.ts';
import { urlOperation } from '../../build/vertices/sourceVertices.ts';
import { asObject, textMember } from '../../oci/json.ts';
import type { ProvenanceStep } from './provenance.ts';

/** What was fetched from a URL where the instruction said what it had to be; undefined of all else. */
export function pinnedSource({ operation }: ProvenanceStep): KeyedOperation | undefined {
  const source = asObject(operation['source']) ?? {};
  const attributes = asObject(source['attrs']) ?? {};
  const url = URL.parse(textMember(source, 'identifier') ?? '');
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const isPlain = Object.keys(attributes).every((name) => /^http\.(?:checksum|filename)$/.test(name));
  const fileName = textMember(attributes, 'http.filename') ?? url.pathname.split('/').at(-1) ?? '';
  return isPlain ? urlOperation(fileName, textMember(attributes, 'http.checksum') ?? '') : undefined;
}
