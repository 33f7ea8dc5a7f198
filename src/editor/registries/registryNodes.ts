import type { BlobTransfer } from '../../engine/index.ts';
import type { Transfer } from './transfer.ts';

/** What the view *Registries* is made of; commands receive these. `id` is stable and holds no state. */
export type RegistryNode =
  | DomainNode
  | RepositoryNode
  | TagNode
  | { readonly kind: 'moreTags'; readonly id: string; readonly parent: RepositoryNode }
  | {
      readonly kind: 'registryNote';
      readonly id: string;
      readonly parent: RegistryNode;
      readonly text: string;
    }
  | RegistryFailureNode
  | TransferNode
  | TransferBlobNode;

export interface DomainNode {
  readonly kind: 'registry';
  readonly id: string;
  readonly parent: undefined;
  readonly domain: string;
}

export interface RepositoryNode {
  readonly kind: 'repository';
  readonly id: string;
  readonly parent: DomainNode;
  readonly domain: string;
  /** `library/nginx`. */
  readonly path: string;
}

export interface TagNode {
  readonly kind: 'tag';
  readonly id: string;
  readonly parent: RepositoryNode;
  readonly domain: string;
  readonly path: string;
  readonly tag: string;
}

/** A pull or push of this window. */
export interface TransferNode {
  readonly kind: 'transfer';
  readonly id: string;
  readonly parent: undefined;
  readonly transfer: Transfer;
}

export interface TransferBlobNode {
  readonly kind: 'transferBlob';
  readonly id: string;
  readonly parent: TransferNode;
  readonly blob: BlobTransfer;
}

export interface RegistryFailureNode {
  readonly kind: 'registryFailure';
  readonly id: string;
  readonly parent: RegistryNode;
  readonly failure: unknown;
}

const kinds: ReadonlySet<unknown> = new Set<RegistryNode['kind']>([
  'registry',
  'repository',
  'tag',
  'moreTags',
  'registryNote',
  'registryFailure',
  'transfer',
  'transferBlob',
]);

export function isRegistryNode(value: unknown): value is RegistryNode {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && 'id' in value && kinds.has(value.kind)
  );
}

export function domainNode(domain: string): DomainNode {
  return { kind: 'registry', id: domain, parent: undefined, domain };
}

export function repositoryNode(parent: DomainNode, path: string): RepositoryNode {
  return { kind: 'repository', id: `${parent.id}/${path}`, parent, domain: parent.domain, path };
}

export function tagNode(parent: RepositoryNode, tag: string): TagNode {
  const { domain, path } = parent;
  return { kind: 'tag', id: `${parent.id}:${tag}`, parent, domain, path, tag };
}

/** `docker.io/library/nginx`, `docker.io/library/nginx:1.27`. */
export function referenceOfNode({ domain, path, ...rest }: RepositoryNode | TagNode): string {
  return rest.kind === 'tag' ? `${domain}/${path}:${rest.tag}` : `${domain}/${path}`;
}
