import type { Problem } from '../base/problem.ts';
import { tryParseReference } from '../oci/reference.ts';

/**
 * The name an entry of `index.json` gives its image, as it stands there: containerd's and docker's full name, else the
 * `ref.name`, which is a full name (podman), a short one or only a tag (skopeo, umoci).
 */
export function namesFromAnnotations(annotations: Readonly<Record<string, string>> | undefined): {
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
} {
  const full = annotations?.['io.containerd.image.name'];
  const name = full ?? annotations?.['org.opencontainers.image.ref.name'];
  if (name === undefined || name === '') return { names: [], problems: [] };
  if (full === undefined && isTag(name)) return { names: [name], problems: [] };
  const isValid = tryParseReference(name) !== undefined;
  return {
    names: [name],
    problems: isValid
      ? []
      : [{ code: 'reference-invalid', subject: name, detail: 'engines refuse this name' }],
  };
}

/** Whether a name is a tag without a repository. */
export function isTag(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name);
}
