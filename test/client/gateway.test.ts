import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { explainGateway, type Refused } from '../../client/gateway.ts';
import { isApiGateway, signerFor } from '../../client/sign.ts';

const URL_OF_API = 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com';
const ENV = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

/** The signature as the service makes it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function expectedSignature(method: string, url: URL, headers: Record<string, string>, body: string): string {
  const [, scope, signedHeaders] =
    /Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), /.exec(headers.authorization!) ?? [];
  const all: Record<string, string> = { ...headers, host: url.hostname };
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    method,
    url.pathname.split('/').map(encode).join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...signedHeaders!.split(';').map((name) => `${name}:${all[name]}`),
    '',
    signedHeaders,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash].join('\n');
  let key: Buffer = Buffer.from(`AWS4${ENV.AWS_SECRET_ACCESS_KEY}`);
  for (const part of scope!.split('/')) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(toSign).digest('hex');
}

describe('a signature', () => {
  test.each([
    ['GET', '/executions?status=RUNNING%2CQUEUED&workflow=two%20words', undefined],
    ['GET', '/workflows/%C3%A4%20b', undefined],
    ['POST', '/workflows/greet/start', '{"variables":{"who":"you ✓"}}'],
  ])('of %s %s is the one that the service makes', async (method, path, body) => {
    const url = new URL(`${URL_OF_API}${path}`);
    const sign = signerFor(URL_OF_API, { ...ENV, AWS_SESSION_TOKEN: 'session' })!;
    const headers = await sign({ method, url, headers: { accept: 'application/json' }, body });
    expect(headers.authorization).toContain('/eu-central-1/execute-api/aws4_request');
    expect(headers['x-amz-security-token']).toBe('session');
    expect(headers).not.toHaveProperty('host');
    expect(headers.authorization).toContain(
      `Signature=${expectedSignature(method, url, headers as Record<string, string>, body ?? '')}`,
    );
  });

  test('is made for an API Gateway only, and with credentials', () => {
    expect(signerFor(URL_OF_API, {})).toBeUndefined();
    expect(signerFor(URL_OF_API, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: '' })).toBeUndefined();
    for (const url of [
      'http://127.0.0.1:3000',
      'https://holdfast.example.org',
      'https://x.execute-api.eu-west-1.amazonaws.com.evil.example',
      'https://execute-api.eu-west-1.amazonaws.com',
    ]) {
      expect(isApiGateway(url)).toBe(false);
      expect(signerFor(url, ENV)).toBeUndefined();
    }
    expect(isApiGateway('https://x1.execute-api.cn-north-1.amazonaws.com.cn/v1')).toBe(true);
  });

  test('costs nothing where none is needed: its library is not loaded', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { createClient } = await import('./client/index.ts');
      createClient({ url: 'http://127.0.0.1:1', env: ${JSON.stringify(ENV)} });
      createClient({ url: '${URL_OF_API}', token: 'given', env: ${JSON.stringify(ENV)} });
      console.log(loaded.filter((url) => url.includes('/client/')).length, loaded.some((url) => url.includes('@smithy')));
      globalThis.fetch = () => Promise.reject(new Error('offline'));
      const signing = createClient({ url: '${URL_OF_API}', attempts: 1, env: ${JSON.stringify(ENV)} });
      await signing.index().catch(() => undefined);
      console.log(loaded.some((url) => url.includes('@smithy')));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toMatch(/^[1-9]\d* false\ntrue\n$/);
  });
});

describe('an answer of what stands before the host', () => {
  const explained = (changes: Partial<Refused>) =>
    explainGateway({
      base: URL_OF_API,
      status: 403,
      call: { method: 'GET', path: '/executions' },
      proof: 'nothing',
      body: { message: 'Forbidden' },
      ...changes,
    }) as Error & { fix: string };

  test.each([
    ['nothing', 'AWS_ACCESS_KEY_ID'],
    ['nothing', 'HOLDFAST_TOKEN'],
    ['token', 'expired'],
    ['signature', 'execute-api:Invoke'],
  ] as const)('refusing a request with %s says what to do: %s', (proof, fix) => {
    const error = explained({ proof });
    expect(error).toMatchObject({ name: 'AccessRefused', status: 403 });
    expect(error.message).toBe(`${URL_OF_API} refused GET /executions (403): Forbidden.`);
    expect(error.fix).toContain(fix);
  });

  test('refusing without words is told all the same', () => {
    expect(explained({ body: undefined, status: 401 }).message).toBe(
      `${URL_OF_API} refused GET /executions (401).`,
    );
  });

  test('that it has too much to do may be asked again', () => {
    const error = explained({ status: 429, body: { message: 'Too Many Requests' } });
    expect(error).toMatchObject({ name: 'HostUnreachable' });
    expect(error.message).toContain('429 to GET /executions: Too Many Requests');
    expect(error.fix).toContain('throttling');
  });

  test('that is no such one is not taken for Holdfast', () => {
    expect(explained({ status: 200, body: undefined }).message).toContain('not as Holdfast does');
  });
});
