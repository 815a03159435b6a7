/** What every `NodeRegistry` keeps to. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import type { NodeRegistry } from '../../core/ports/node-registry.ts';

export interface RegistryUnderTest {
  registry: NodeRegistry;
  /** A certificate signing request in PEM, for a key of its own. */
  csrPem: string;
  close(): Promise<void>;
}

let nodes = 0;
const unique = (): string => `node-${process.pid}-${++nodes}`;

export function nodeRegistrySuite(name: string, open: () => Promise<RegistryUnderTest>): void {
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

    it('gives a node a certificate, its key and where to connect', async () => {
      const nodeId = unique();
      const given = await registry.register(nodeId);
      expect(given.nodeId).toBe(nodeId);
      expect(given.brokerHost).toMatch(/^[a-z0-9.-]+(:\d+)?$/);
      const certificate = new X509Certificate(given.certificatePem);
      expect(certificate.checkPrivateKey(createPrivateKey(given.privateKeyPem!))).toBe(true);
      await registry.unregister(nodeId);
    });

    it('gives a node that made its own key a certificate only', async () => {
      const nodeId = unique();
      const given = await registry.register(nodeId, under.csrPem);
      expect(given.privateKeyPem).toBeUndefined();
      expect(given.certificatePem).toContain('BEGIN CERTIFICATE');
      await registry.unregister(nodeId);
    });

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
      expect(second.certificatePem).not.toBe(first.certificatePem);
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
