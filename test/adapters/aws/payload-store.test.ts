/** What the store does when S3 doesn't: a server of this process answers as S3 is documented to. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { objectRequest } from '../../../adapters/aws/object-requests.ts';
import { S3PayloadStore } from '../../../adapters/aws/payload-store.ts';
import { TRIES_MAX } from '../../../adapters/aws/retry.ts';
import { createSigner } from '../../../adapters/aws/signed-requests.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const abc = new TextEncoder().encode('abc');

interface Answer {
  status: number;
  code?: string;
  headers?: Record<string, string>;
  body?: string;
}

let server: Server | undefined;
afterEach(() => server?.close());

/** A store whose S3 gives these answers, the last one for ever; `asked` are the requests. */
async function open(...answers: Answer[]) {
  const asked: string[] = [];
  server = createServer((request: IncomingMessage, response) => {
    const { method, headers } = request;
    asked.push(`${method}${headers['if-none-match'] ? ' if absent' : ''}`);
    const { status, code, headers: given, body } = answers.length > 1 ? answers.shift()! : answers[0]!;
    request.resume().on('end', () => {
      response.writeHead(status, given);
      const xml = code && `<Error><Code>${code}</Code><Message>Said by S3</Message></Error>`;
      response.end(method === 'HEAD' ? undefined : (body ?? xml));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { store: new S3PayloadStore({ ...options(), endpoint: `http://127.0.0.1:${port}` }), asked };
}

const options = () => ({
  bucket: 'example-bucket',
  config: {
    credentials: {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      sessionToken: 'session',
    },
    region: () => Promise.resolve('eu-central-1'),
  },
  pauses: { clock: { now: () => NOW_MS, sleep: () => Promise.resolve() }, random: { next: () => 0.5 } },
});

const unavailable = (status: number, code: string): Answer => ({ status, code });

describe('Payloads on an S3 that falters', () => {
  it.each([
    ['busy', unavailable(503, 'SlowDown')],
    ['at fault', unavailable(500, 'InternalError')],
    ['busy with the same object', unavailable(409, 'ConditionalRequestConflict')],
  ])('puts and gets again while it is %s', async (_, busy) => {
    const put = await open(busy, busy, { status: 200 });
    expect(await put.store.put(abc)).toBe(`sha256:${ABC}`);
    expect(put.asked).toHaveLength(3);
    server!.close();
    const get = await open(busy, { status: 200, body: 'abc' });
    expect(await get.store.get(`sha256:${ABC}`)).toEqual(abc);
  });

  it('fails as unavailable when it stays so', async () => {
    const { store, asked } = await open(unavailable(503, 'SlowDown'));
    await expect(store.put(abc)).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining('503 SlowDown Said by S3'),
    });
    expect(asked).toHaveLength(TRIES_MAX);
  });

  it('fails as unavailable when nothing listens', async () => {
    const store = new S3PayloadStore({ ...options(), endpoint: 'http://127.0.0.1:9' });
    await expect(store.get(`sha256:${ABC}`)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });

  it('fails with the permissions it needs when it is refused', async () => {
    const { store, asked } = await open(unavailable(403, 'AccessDenied'));
    await expect(store.get(`sha256:${ABC}`)).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining('403 AccessDenied'),
      fix: expect.stringContaining('s3:ListBucket'),
    });
    expect(asked).toHaveLength(1);
  });

  it('fails on bytes that are not those it was asked for', async () => {
    const { store } = await open({ status: 200, body: 'abd' });
    await expect(store.get(`sha256:${ABC}`)).rejects.toMatchObject({ name: 'PayloadCorrupt' });
  });
});

describe('A payload that is there already', () => {
  const exists = unavailable(412, 'PreconditionFailed');
  const written = (daysAgo: number): Answer => ({
    status: 200,
    headers: { 'last-modified': new Date(NOW_MS - daysAgo * 86_400_000).toUTCString() },
  });

  it('is left alone while it is fresh', async () => {
    const { store, asked } = await open(exists, written(0.5));
    expect(await store.put(abc)).toBe(`sha256:${ABC}`);
    expect(asked).toEqual(['PUT if absent', 'HEAD']);
  });

  it.each([
    ['is old, so that it does not expire before who uses it now', written(3)],
    ['was deleted meanwhile', { status: 404 }],
  ])('is written anew when it %s', async (_, head) => {
    const { store, asked } = await open(exists, head, { status: 200 });
    expect(await store.put(abc)).toBe(`sha256:${ABC}`);
    expect(asked).toEqual(['PUT if absent', 'HEAD', 'PUT']);
  });
});

describe('A request to S3', () => {
  const put = {
    method: 'PUT' as const,
    key: `payloads/ba/${ABC.slice(2)}`,
    headers: {
      'x-amz-content-sha256': ABC,
      'x-amz-checksum-sha256': 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
      'content-type': 'application/octet-stream',
      'if-none-match': '*',
    },
  };

  it('is signed as botocore 1.43 signs it', async () => {
    const request = await objectRequest(options(), put);
    const { url } = request;
    const headers = await createSigner({ ...options(), service: 's3' })(request);
    expect(url.href).toBe(`https://example-bucket.s3.eu-central-1.amazonaws.com/${put.key}`);
    expect(headers.authorization).toMatch(
      /Signature=3bc80ea6abb039e009da9a7521bd759c347f5c993bd8f440cffd96671cf2cea0$/,
    );
  });

  it.each([
    ['a.b', 'eu-west-1', `https://s3.eu-west-1.amazonaws.com/a.b/${put.key}`],
    ['ab', 'cn-north-1', `https://ab.s3.cn-north-1.amazonaws.com.cn/${put.key}`],
  ])('to the bucket %s in %s goes to %s', async (bucket, region, address) => {
    const config = { ...options().config, region: () => Promise.resolve(region) };
    expect((await objectRequest({ ...options(), bucket, config }, put)).url.href).toBe(address);
  });
});
