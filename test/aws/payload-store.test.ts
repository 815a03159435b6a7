import { createHash } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { createObjectRequests } from '../../adapters/aws/object-requests.ts';
import { S3PayloadStore } from '../../adapters/aws/payload-store.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { payloadStoreSuite } from '../ports/payload-store.suite.ts';
import { describeServices, settings } from './services.ts';

const options = {
  bucket: `holdfast-payloads-${process.pid}`,
  config: { credentials: settings.credentials, region: () => Promise.resolve(settings.region) },
  endpoint: settings.endpoint,
  pauses: { clock: new SystemClock(), random: new SystemRandom() },
};

describeServices('Payloads on S3', () => {
  const request = createObjectRequests(options);

  beforeAll(async () => {
    // The bucket itself is the object without a name.
    expect(await request({ method: 'PUT', key: '' })).toMatchObject({ status: 200 });
  });

  payloadStoreSuite('Payloads on S3', () => new S3PayloadStore(options));

  it('writes a payload once, however often it is put', async () => {
    const store = new S3PayloadStore(options);
    const bytes = new TextEncoder().encode('written once');
    const hash = createHash('sha256').update(bytes).digest('hex');
    await store.put(bytes);
    const key = `payloads/${hash.slice(0, 2)}/${hash.slice(2)}`;
    const first = await request({ method: 'HEAD', key });
    await store.put(bytes);
    const second = await request({ method: 'HEAD', key });
    expect(first.status).toBe(200);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(second.headers.get('last-modified')).toBe(first.headers.get('last-modified'));
  });

  it('fails on a payload that was changed behind its back', async () => {
    const store = new S3PayloadStore(options);
    const ref = await store.put(new TextEncoder().encode('as it was'));
    const hash = ref.slice('sha256:'.length);
    const key = `payloads/${hash.slice(0, 2)}/${hash.slice(2)}`;
    const body = new TextEncoder().encode('as it was not');
    const sha256 = createHash('sha256').update(body).digest('hex');
    await request({ method: 'PUT', key, headers: { 'x-amz-content-sha256': sha256 }, body });
    await expect(store.get(ref)).rejects.toMatchObject({ name: 'PayloadCorrupt' });
  });

  it('fails with what to do where the bucket is not there', async () => {
    const store = new S3PayloadStore({ ...options, bucket: 'nobody-made-this-bucket' });
    await expect(store.put(new Uint8Array(1))).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining('NoSuchBucket'),
      fix: expect.stringContaining('HOLDFAST_PAYLOAD_BUCKET'),
    });
    await expect(store.get(`sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });
});
