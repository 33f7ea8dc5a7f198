import type { EngineRegistryAuth } from './sources/dockerEngine/engineApi.ts';
import type { Credential } from './sources/registry/credentials.ts';

/** A credential in the form in which an engine takes it, for the registry it is for. */
export function toEngineAuth(domain: string, credential: Credential): EngineRegistryAuth {
  const serverAddress = domain === 'docker.io' ? dockerHubAddress : domain;
  switch (credential.kind) {
    case 'basic':
      return { serverAddress, username: credential.username, password: credential.password };
    case 'identity-token':
      return { serverAddress, identityToken: credential.token };
    case 'registry-token':
      return { serverAddress, registryToken: credential.token };
  }
}

/** Docker Hub's name of old, by which engines still know it (formats.md §4.1). */
const dockerHubAddress = 'https://index.docker.io/v1/';
