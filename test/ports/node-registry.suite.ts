/** What every `NodeRegistry` keeps to. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import type { NodeCredentials, NodeRegistry } from '../../core/ports/node-registry.ts';

export interface RegistryUnderTest {
  registry: NodeRegistry;
  /** A certificate signing request in PEM, for a key of its own. */
  csrPem: string;
  close(): Promise<void>;
}

let nodes = 0;
const unique = (): string => `node-${process.pid}-${++nodes}`;

const proofOf = (given: NodeCredentials): string => ('secret' in given ? given.secret : given.certificatePem);

/** `gives`: what a node proves itself with. */
export function nodeRegistrySuite(
  name: string,
  gives: 'certificates' | 'secrets',
  open: () => Promise<RegistryUnderTest>,
): void {
  describe(`${name} as NodeRegistry`, () => {
    let under: RegistryUnderTest;
    let registry: NodeRegistry;
    beforeAll(async () => {
      under = await open();
      ({ registry } = under);
    });
    afterAll(() => under.close());

    const listed = async () => {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await registry.list({ cursor, limit: 2 });
        found.push(...page.nodes.map(({ nodeId }) => nodeId));
        ({ cursor } = page);
      } while (cursor !== undefined);
      return found;
    };

    if (gives === 'certificates') {
      it('gives a node a certificate, its key and where to connect', async () => {
        const nodeId = unique();
        const given = await registry.register(nodeId);
        if ('secret' in given) throw new Error('a secret came');
        expect(given.nodeId).toBe(nodeId);
        expect(given.brokerUrl).toMatch(/^mqtts:\/\/[a-z0-9.-]+:\d+$/);
        const certificate = new X509Certificate(given.certificatePem);
        expect(certificate.checkPrivateKey(createPrivateKey(given.privateKeyPem!))).toBe(true);
        await registry.unregister(nodeId);
      });

      it('gives a node that made its own key a certificate only', async () => {
        const nodeId = unique();
        const given = await registry.register(nodeId, under.csrPem);
        if ('secret' in given) throw new Error('a secret came');
        expect(given.privateKeyPem).toBeUndefined();
        expect(given.certificatePem).toContain('BEGIN CERTIFICATE');
        await registry.unregister(nodeId);
      });
    } else {
      it('gives a node a secret of its own, hard to guess', async () => {
        const ids = [unique(), unique()];
        const given = await Promise.all(ids.map((nodeId) => registry.register(nodeId)));
        expect(given.map(({ nodeId }) => nodeId)).toEqual(ids);
        const secrets = given.map(proofOf);
        expect(new Set(secrets).size).toBe(2);
        for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43,}$/);
        for (const nodeId of ids) await registry.unregister(nodeId);
      });

      it('gives a node that made its own secret the same credentials again, and nobody else', async () => {
        const nodeId = unique();
        const secret = 'a'.repeat(43);
        const given = await registry.register(nodeId, undefined, secret);
        expect(given).toMatchObject({ nodeId, secret });
        expect(await registry.register(nodeId, undefined, secret)).toEqual(given);
        await expect(registry.register(nodeId, undefined, 'b'.repeat(43))).rejects.toThrow(Conflict);
        await registry.unregister(nodeId);
      });

      it('refuses a certificate signing request', async () => {
        const nodeId = unique();
        await expect(registry.register(nodeId, under.csrPem)).rejects.toThrow(InvalidInput);
        expect(await listed()).not.toContain(nodeId);
      });
    }

    it('lists the nodes that are registered', async () => {
      const mine = [unique(), unique(), unique()];
      for (const nodeId of mine) await registry.register(nodeId);
      const before = await listed();
      expect(before).toEqual(expect.arrayContaining(mine));
      expect(new Set(before).size).toBe(before.length);
      for (const nodeId of mine) expect(await registry.unregister(nodeId)).toBe(true);
      expect((await listed()).filter((nodeId) => mine.includes(nodeId))).toEqual([]);
    });

    it('refuses a node that is registered, and takes it after it was unregistered', async () => {
      const nodeId = unique();
      const first = await registry.register(nodeId);
      await expect(registry.register(nodeId)).rejects.toThrow(Conflict);
      await registry.unregister(nodeId);
      const second = await registry.register(nodeId);
      expect(proofOf(second)).not.toBe(proofOf(first));
      await registry.unregister(nodeId);
    });

    it('unregisters what is not there without effect', async () => {
      expect(await registry.unregister(unique())).toBe(false);
    });

    it.each(['', '+', '#', 'a/b', 'x'.repeat(65)])('refuses the id %j', async (nodeId) => {
      await expect(registry.register(nodeId)).rejects.toThrow(InvalidInput);
    });
  });
}
