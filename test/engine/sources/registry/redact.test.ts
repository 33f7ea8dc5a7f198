import assert from 'node:assert/strict';
import { redact, Secrets } from '../../../../src/engine/sources/registry/redact.ts';

describe('what is kept out of logs and errors', () => {
  const secret = 'S3cr3t.value-1';
  const carriers = [
    `Authorization: Bearer ${secret}`,
    `authorization=Basic ${secret}`,
    `{"Authorization":"Bearer ${secret}"}`,
    `sent Bearer ${secret} to it`,
    `https://store.test/blob?X-Amz-Signature=${secret}&X-Amz-Credential=${secret}&ok=1`,
    `https://store.test/blob?se=1&sig=${secret}`,
    `https://store.test/blob?token=${secret}`,
    `https://store.test/x?url=%3Fsig%3D${secret}`,
    `{"access_token": "${secret}", "refresh_token":"${secret}"}`,
    `{'password': '${secret}'}`,
    `grant_type=refresh_token&refresh_token=${secret}`,
    `https://user:${secret}@registry.test/v2/`,
    `eyJhbGciOiJSUzI1NiJ9.${secret}.${secret}`,
  ];
  for (const text of carriers)
    it(`in ${text.replaceAll(secret, '…')}`, () => {
      assert.ok(!redact(text).includes(secret), redact(text));
    });

  it('leaves ordinary text as it is', () => {
    for (const text of [
      'registry: GET https://registry.test/v2/app/manifests/latest → 200',
      'Bearer realm="https://auth.test/token",service="registry.test"',
      'its token server https://auth.test is not reached by https',
    ])
      assert.equal(redact(text), text);
  });

  it('knows a client’s own secrets in every form in which they may come back', () => {
    const secrets = new Secrets();
    secrets.addBasic('me', 'p"ss wörd');
    const forms = ['p"ss wörd', encodeURIComponent('p"ss wörd'), 'p\\"ss wörd'];
    const encoded = [
      Buffer.from('me:p"ss wörd').toString('base64'),
      Buffer.from('p"ss wörd').toString('base64'),
    ];
    for (const form of [...forms, ...encoded])
      assert.equal(secrets.hide(`before ${form} after`), 'before … after');
  });

  it('takes time in proportion to the text', () => {
    const startMs = performance.now();
    for (const part of ['a://', 'eyJ', '"token":"', 'token=', 'Bearer ', '\\', 'authorization: '])
      redact(part.repeat(20_000));
    assert.ok(performance.now() - startMs < 1500);
  });
});
