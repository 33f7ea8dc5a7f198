import assert from 'node:assert/strict';
import { toFailure } from '../../../../src/engine/base/jobProtocol.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { BlobCache } from '../../../../src/engine/sources/blobCache.ts';
import { fetchInPlace } from '../../../../src/engine/sources/fetchWork.ts';
import { BlobFetcher } from '../../../../src/engine/sources/registry/blobFetcher.ts';
import { openDownload } from '../../../../src/engine/sources/registry/openDownload.ts';
import { echo, type RecordedRequest, startScriptedServer } from '../../../support/hostileRegistry.ts';
import { basicCanary, canary, failure, watchClient } from '../../../support/registryClients.ts';
import { tempDir } from '../../../support/tempDir.ts';

const digest = digestOf(Buffer.from('a layer'));

describe('a download that was prepared for another thread', () => {
  for (const [way, challenge] of [
    ['the password', () => 'Basic realm="x"'],
    ['the token', (host: string) => `Bearer realm="http://${host}/token",service="x"`],
  ] as const)
    it(`shows nothing of ${way} when a registry sends it back`, async () => {
      const server = await startScriptedServer((request) => {
        const { url, method, headers } = request;
        if (url.startsWith('/token')) return { body: JSON.stringify({ token: canary.token }) };
        if (headers.authorization === undefined)
          return { status: 401, headers: { 'WWW-Authenticate': challenge(headers.host ?? '') } };
        return method === 'HEAD' ? {} : echo({ ...request, body: typed(request) }, 403, 'DENIED');
      });
      const credential = basicCanary;
      const { client, assertSilent } = watchClient({ domain: `127.0.0.1:${server.port}`, credential });
      const download = await client.prepareDownload('app', digest);
      const opened = await failure(openDownload(download), 'unauthorized');
      assert.match(opened.detail, /you said/);
      const directory = tempDir().path;
      const work = fetchInPlace({ fetchedDirectory: directory });
      const fetcher = new BlobFetcher({ cache: new BlobCache({ directory }), work, firstWaitMs: 1 });
      const fetched = await failure(fetcher.fetch({ client, path: 'app', digest }), 'unauthorized');
      // What crosses from a thread, too.
      assertSilent(opened, fetched, toFailure(opened, ''), toFailure(fetched, ''));
      client.close();
      await server.stop();
    });
});

/** The password as a person knows it; a token as it was sent. */
function typed({ headers: { authorization = '' } }: RecordedRequest): string {
  const [scheme = '', value = ''] = authorization.split(' ');
  return scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : value;
}
