import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { DynamoWorkflowStore } from '../../adapters/aws/workflow-store.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import { DEFINITION_LIMITS } from '../../core/workflow/definition.ts';
import { definitionSchema } from '../../core/workflow/definition-schema.ts';
import { clashing } from './clashing.ts';
import { workflowStoreSuite } from '../ports/workflow-store.suite.ts';
import { describeStores, openTable } from './dynamodb.ts';

async function open() {
  const { client, tableName, close } = await openTable();
  const payloads = new MemoryPayloadStore();
  const another = () => new DynamoWorkflowStore({ client, tableName, payloads });
  return { client, tableName, store: another(), another, close };
}

describeStores('Workflows on DynamoDB', () => {
  workflowStoreSuite('DynamoWorkflowStore', open);

  it('numbers versions without gaps when twenty processes race for them', async () => {
    const { client, tableName, close } = await openTable();
    const busy = clashing(client);
    const put = (at: number) =>
      new DynamoWorkflowStore({ client: busy, tableName, payloads: new MemoryPayloadStore() }).putVersion(
        small(at % 15),
        `h${at % 15}`,
        at,
      );
    const puts = await Promise.all(Array.from({ length: 20 }, (_, at) => put(at)));
    expect(puts.filter(({ created }) => created)).toHaveLength(15);
    const store = new DynamoWorkflowStore({ client, tableName, payloads: new MemoryPayloadStore() });
    const versions = await store.listVersions('small');
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1));
    for (const { version, hash } of puts.map((one) => one.version))
      expect(versions[version - 1]).toMatchObject({ hash });
    expect(await store.list({ limit: 10 })).toMatchObject([{ name: 'small', latestVersion: 15 }]);
    await close();
  });

  it('takes one definition for an idempotency key that twenty use at once', async () => {
    const { another, close } = await open();
    const puts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => another().putVersion(small(at % 2), `h${at % 2}`, at, 'key')),
    );
    const stored = puts.flatMap((put) => (put.status === 'fulfilled' ? [put.value] : []));
    expect(stored.filter(({ created }) => created)).toHaveLength(1);
    expect(stored).toHaveLength(10);
    for (const put of puts)
      if (put.status === 'rejected') expect(put.reason).toMatchObject({ name: 'Conflict' });
    await close();
  });

  it('keeps a definition larger than an item, for every process', async () => {
    const { store, another, close } = await open();
    const tasks = Array.from({ length: 6000 }, (_, at) => ({
      id: `t${at}`,
      type: 'noop',
      input: { noise: Array.from({ length: 8 }, (_, n) => Math.sin(at * 8 + n)) },
    }));
    const definition = definitionSchema.parse({ name: 'large', tasks });
    await store.putVersion(definition, 'h1', 10);
    expect(await another().getVersion('large')).toEqual({
      name: 'large',
      version: 1,
      hash: 'h1',
      createdMs: 10,
      definition,
    });
    await close();
  });

  it('keeps the largest definition that is accepted, and fails when it is gone', async () => {
    const { client, tableName, close } = await openTable();
    const payloads = new MemoryPayloadStore();
    const over = (kept: PayloadStore) => new DynamoWorkflowStore({ client, tableName, payloads: kept });
    const noise = randomBytes((DEFINITION_LIMITS.sizeBytes - 1000) / 2).toString('hex');
    const tasks = [{ id: 'only', type: 'noop', input: { noise } }];
    const definition = definitionSchema.parse({ name: 'largest', tasks });
    await over(payloads).putDefinition(definition, 'h1', 10);
    expect(await over(payloads).getDefinition('h1')).toEqual(definition);
    await expect(over(new MemoryPayloadStore()).getDefinition('h1')).rejects.toMatchObject({
      name: 'PayloadCorrupt',
      message: expect.stringContaining('which is gone'),
    });
    await close();
  });

  it('fails on a definition that was changed behind its back', async () => {
    const { client, tableName, another, close } = await open();
    await another().putDefinition(small(1), 'h1', 10);
    const table = new ItemTable(client, tableName);
    const key = { pk: 'D#h1', sk: 'D' };
    const only = { that: 'attribute_exists(#pk)' };
    const packed = JSON.stringify(small(2));
    await table.update({ key, set: { packed }, only });
    await expect(another().getDefinition('h1')).rejects.toMatchObject({ name: 'PayloadCorrupt' });
    await close();
  });
});

const small = (tasks: number) =>
  definitionSchema.parse({
    name: 'small',
    tasks: Array.from({ length: tasks + 1 }, (_, at) => ({ id: `t${at}`, type: 'noop' })),
  });
