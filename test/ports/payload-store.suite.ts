/** What every `PayloadStore` keeps to. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { PayloadStore } from '../../core/ports/payload-store.ts';

export function payloadStoreSuite(name: string, open: () => PayloadStore): void {
  describe(`${name} as a PayloadStore`, () => {
    let store: PayloadStore;
    beforeEach(() => {
      store = open();
    });

    it('names bytes by their SHA-256', async () => {
      const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
      expect(await store.put(new TextEncoder().encode('abc'))).toBe(abc);
      expect(new TextDecoder().decode(await store.get(abc))).toBe('abc');
    });

    it.each([0, 1, 65_536, 5_000_000])('gives %i bytes back as they were', async (length) => {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7919) >> 3);
      const ref = await store.put(bytes);
      expect(Buffer.compare((await store.get(ref))!, bytes)).toBe(0);
    });

    it('takes the same bytes again, from many at once', async () => {
      const refs = await Promise.all(Array.from({ length: 20 }, () => store.put(new Uint8Array(1000))));
      expect(new Set(refs).size).toBe(1);
      expect(await store.get(refs[0]!)).toHaveLength(1000);
    });

    it('is not changed by what its callers do to their bytes', async () => {
      const bytes = new Uint8Array([1, 2, 3]);
      const ref = await store.put(bytes);
      bytes[0] = 9;
      (await store.get(ref))![1] = 9;
      expect([...(await store.get(ref))!]).toEqual([1, 2, 3]);
    });

    it('knows nothing of a reference it did not give', async () => {
      expect(await store.get(`sha256:${'0'.repeat(64)}`)).toBeUndefined();
    });

    it.each(['', 'sha256:', 'sha256:../../etc/passwd', `md5:${'0'.repeat(64)}`, `sha256:${'G'.repeat(64)}`])(
      'refuses "%s" as a reference',
      async (ref) => {
        await expect(store.get(ref)).rejects.toMatchObject({ name: 'InvalidInput' });
      },
    );
  });
}
