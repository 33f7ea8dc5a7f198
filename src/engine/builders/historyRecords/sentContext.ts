import { asObject, textMember } from '../../oci/json.ts';
import type { SentContext } from './historyBuild.ts';
import type { ProvenanceStep } from './provenance.ts';

/** What a step took of a client's directory; undefined of another step, and of one that cannot be read. */
export function sentContext({ operation }: ProvenanceStep): SentContext | undefined {
  const source = asObject(operation['source']) ?? {};
  const [, name] = /^local:\/\/(.*)$/.exec(textMember(source, 'identifier') ?? '') ?? [];
  const ignored = textsOf(textMember(asObject(source['attrs']) ?? {}, 'local.excludepatterns') ?? '[]');
  return name === undefined || ignored === undefined ? undefined : { name, ignored };
}

function textsOf(json: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
