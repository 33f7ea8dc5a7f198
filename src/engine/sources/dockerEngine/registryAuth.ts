import type { EngineRegistryAuth } from './engineApi.ts';

/** `X-Registry-Auth`: base64url of JSON, as engines pass it on to a registry. */
export function registryAuthHeader(
  auth: EngineRegistryAuth | undefined,
): Readonly<Record<string, string>> | undefined {
  if (auth === undefined) return undefined;
  const { serverAddress, username, password, identityToken, registryToken } = auth;
  const json = {
    username,
    password,
    serveraddress: serverAddress,
    identitytoken: identityToken,
    registrytoken: registryToken,
  };
  const bytes = Buffer.from(JSON.stringify(json));
  // With its padding, which Go's decoder of engines wants and Node's base64url leaves out.
  const text = bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'X-Registry-Auth': text };
}
