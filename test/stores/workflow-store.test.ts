import { expect, it } from 'vitest';
import { DynamoWorkflowStore } from '../../adapters/aws/workflow-store.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { definitionSchema } from '../../core/workflow/definition-schema.ts';
import { workflowStoreSuite } from '../ports/workflow-store.suite.ts';
import { describeStores, openTable } from './dynamodb.ts';

async function open() {
  const { client, tableName, close } = await openTable();
  const payloads = new MemoryPayloadStore();
  const another = () => new DynamoWorkflowStore({ client, tableName, payloads });
  return { store: another(), another, close };
}

describeStores('Workflows on DynamoDB', () => {
  workflowStoreSuite('DynamoWorkflowStore', open);

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
});
