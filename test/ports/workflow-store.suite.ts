/** What every `WorkflowStore` keeps to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import { definitionSchema } from '../../core/workflow/definition-schema.ts';

export interface WorkflowStoreSubject {
  store: WorkflowStore;
  close(): void | Promise<void>;
}

function definition(name: string, tasks = 1, title?: string): WorkflowDefinition {
  return definitionSchema.parse({
    name,
    title,
    tasks: Array.from({ length: tasks }, (_, at) => ({ id: `t${at}`, type: 'noop' })),
  });
}

export function workflowStoreSuite(
  name: string,
  open: () => WorkflowStoreSubject | Promise<WorkflowStoreSubject>,
): void {
  describe(`${name} as a WorkflowStore`, () => {
    let store: WorkflowStore;
    let subject: WorkflowStoreSubject;
    beforeEach(async () => {
      subject = await open();
      ({ store } = subject);
    });
    afterEach(() => subject.close());

    it('numbers the versions of a name, each content once', async () => {
      const one = definition('trip', 1);
      const two = definition('trip', 2);
      const first = await store.putVersion(one, 'h1', 10);
      expect(first).toEqual({
        created: true,
        version: { name: 'trip', version: 1, hash: 'h1', createdMs: 10, definition: one },
      });
      expect((await store.putVersion(two, 'h2', 20)).version.version).toBe(2);
      expect(await store.putVersion(one, 'h1', 30)).toEqual({ ...first, created: false });
      expect((await store.putVersion(definition('other'), 'h3', 30)).version.version).toBe(1);
      expect(await store.listVersions('trip')).toEqual([
        { name: 'trip', version: 1, hash: 'h1', createdMs: 10 },
        { name: 'trip', version: 2, hash: 'h2', createdMs: 20 },
      ]);
    });

    it('takes one definition for an idempotency key', async () => {
      const first = await store.putVersion(definition('trip', 1), 'h1', 10, 'key');
      const again = await store.putVersion(definition('trip', 1), 'h1', 20, 'key');
      expect(again).toEqual({ ...first, created: false });
      const other = store.putVersion(definition('trip', 2), 'h2', 30, 'key');
      await expect(other).rejects.toMatchObject({ name: 'Conflict' });
      expect(await store.listVersions('trip')).toHaveLength(1);
      expect((await store.putVersion(definition('trip', 2), 'h2', 30, 'next')).created).toBe(true);
    });

    it('numbers versions without gaps when many race', async () => {
      const puts = Array.from({ length: 20 }, (_, at) =>
        store.putVersion(definition('trip', (at % 10) + 1), `h${at % 10}`, at),
      );
      const versions = await Promise.all(puts);
      expect(versions.filter(({ created }) => created)).toHaveLength(10);
      expect((await store.listVersions('trip')).map(({ version }) => version)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
    });

    it('gives the newest version, or the one that is named', async () => {
      await store.putVersion(definition('trip', 1), 'h1', 10);
      await store.putVersion(definition('trip', 2), 'h2', 20);
      expect(await store.getVersion('trip')).toMatchObject({ version: 2, hash: 'h2', createdMs: 20 });
      expect(await store.getVersion('trip', 1)).toEqual({
        name: 'trip',
        version: 1,
        hash: 'h1',
        createdMs: 10,
        definition: definition('trip', 1),
      });
      expect(await store.getVersion('trip', 3)).toBeUndefined();
      expect(await store.getVersion('nobody')).toBeUndefined();
      expect(await store.listVersions('nobody')).toEqual([]);
    });

    it('keeps a definition by its hash alone, out of every list', async () => {
      const one = definition('inline', 3);
      await store.putDefinition(one, 'h1', 10);
      await store.putDefinition(one, 'h1', 20);
      expect(await store.getDefinition('h1')).toEqual(one);
      expect(await store.getDefinition('h2')).toBeUndefined();
      expect(await store.list({ limit: 10 })).toEqual([]);
      expect(await store.putVersion(one, 'h1', 30)).toMatchObject({
        created: true,
        version: { createdMs: 30 },
      });
      expect(await store.getVersion('inline')).toMatchObject({ createdMs: 30 });
      expect(await store.getDefinition('h1')).toEqual(one);
    });

    it('lists names in order, page by page, each as its newest version is', async () => {
      for (const name of ['c', 'a', 'd', 'b']) await store.putVersion(definition(name), `${name}1`, 10);
      await store.putVersion(definition('b', 5, 'Better'), 'b2', 20);
      const page = await store.list({ limit: 2 });
      expect(page).toEqual([
        { name: 'a', title: undefined, latestVersion: 1, taskCount: 1, createdMs: 10 },
        { name: 'b', title: 'Better', latestVersion: 2, taskCount: 5, createdMs: 20 },
      ]);
      const rest = await store.list({ afterName: 'b', limit: 10 });
      expect(rest.map(({ name }) => name)).toEqual(['c', 'd']);
    });
  });
}
