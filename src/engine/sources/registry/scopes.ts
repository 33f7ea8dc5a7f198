/** What a token is to allow (distribution's token specification): `repository:library/nginx:pull`. */
export type Scope = string & { readonly __scope: true };

export type Action = 'pull' | 'push' | 'delete';

export function repositoryScope(path: string, ...actions: readonly Action[]): Scope {
  return `repository:${path}:${actions.join(',')}` as Scope;
}

export const catalogScope = 'registry:catalog:*' as Scope;

/** How many scopes of a challenge are heeded, and how long each may be. */
const maxScopes = 16;
const maxScopeLength = 512;

/** The scopes of a challenge's parameter, apart by blanks; what cannot be one is left out. */
export function parseScopes(text: string | undefined): readonly Scope[] {
  const scopes = (text ?? '').slice(0, maxScopes * maxScopeLength).split(/[ \t]+/);
  return scopes.filter(isScope).slice(0, maxScopes);
}

function isScope(text: string): text is Scope {
  return text.length <= maxScopeLength && /^[a-z]+(?:\([a-z0-9]+\))?:[!-~]+:[a-z*_,]+$/.test(text);
}

/** Both, each resource once with the actions of all its scopes, in a fixed order: it serves as a name too. */
export function joinScopes(...lists: readonly (readonly Scope[])[]): readonly Scope[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of lists.flat()) {
    const end = scope.lastIndexOf(':');
    const known = actions.get(scope.slice(0, end)) ?? new Set();
    for (const action of scope.slice(end + 1).split(',')) known.add(action);
    actions.set(scope.slice(0, end), known);
  }
  return [...actions].map(([resource, each]) => `${resource}:${[...each].sort().join(',')}` as Scope).sort();
}
