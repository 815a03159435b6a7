/**
 * Workflow versions on DynamoDB; see the port.
 *
 * | pk | sk | holds |
 * |---|---|---|
 * | `W#<name>` | `V#<version>` | a version: its hash |
 * | `W#<name>` | `H#<hash>` | which version has this content |
 * | `WORKFLOWS` | `<name>` | its newest version, as lists show it |
 * | `K#<hash of the key>` | `K` | what an idempotency key was used for |
 * | `D#<hash>` | `D` | a definition |
 */
import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Conflict, StoreUnavailable } from '../../core/errors.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { WorkflowStore, WorkflowSummary, WorkflowVersion } from '../../core/ports/workflow-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import { Definitions } from './definitions.ts';
import { ItemTable, type Key } from './item-table.ts';
import { pad } from './keys.ts';
import { transact } from './transaction.ts';

export interface DynamoWorkflowStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  payloads: PayloadStore;
}

interface VersionItem extends Key {
  version: number;
  hash: string;
  createdMs: number;
}

interface SummaryItem extends Key {
  title?: string;
  latestVersion: number;
  taskCount: number;
  createdMs: number;
}

/** Those who submit to one name at once come one after the other. */
const TRIES_MAX = 50;
const NAMES = 'WORKFLOWS';

export class DynamoWorkflowStore implements WorkflowStore {
  readonly #client: DynamoDBClient;
  readonly #table: ItemTable;
  readonly #definitions: Definitions;

  constructor({ client, tableName, payloads }: DynamoWorkflowStoreOptions) {
    this.#client = client;
    this.#table = new ItemTable(client, tableName);
    this.#definitions = new Definitions(this.#table, payloads);
  }

  async putVersion(
    definition: WorkflowDefinition,
    hash: string,
    nowMs: number,
    idempotencyKey?: string,
  ): Promise<{ version: WorkflowVersion; created: boolean }> {
    const { name } = definition;
    if (idempotencyKey !== undefined) await this.#claimKey(idempotencyKey, name, hash);
    let made: Pick<VersionItem, 'version' | 'createdMs'> | undefined = await this.#byHash(name, hash);
    const created = made === undefined;
    if (!made) await this.#definitions.put(definition, hash, nowMs);
    for (let tried = 0; !made; tried++) {
      if (tried === TRIES_MAX) throw tooManyAtOnce(name);
      made = await this.#putNext(definition, hash, nowMs);
      if (made) break;
      const other = await this.#byHash(name, hash);
      if (other) return { version: versionOf(definition, hash, other), created: false };
    }
    return { version: versionOf(definition, hash, made), created };
  }

  putDefinition(definition: WorkflowDefinition, hash: string, nowMs: number): Promise<void> {
    return this.#definitions.put(definition, hash, nowMs);
  }

  async getVersion(name: string, version?: number): Promise<WorkflowVersion | undefined> {
    const item =
      version === undefined
        ? await this.#latest(name)
        : await this.#table.get<VersionItem>(keyOf(name, version));
    const definition = item && (await this.#definitions.get(item.hash));
    return definition && versionOf(definition, item!.hash, item!);
  }

  getDefinition(hash: string): Promise<WorkflowDefinition | undefined> {
    return this.#definitions.get(hash);
  }

  async listVersions(name: string): Promise<Omit<WorkflowVersion, 'definition'>[]> {
    const found = await this.#table.query<VersionItem>({ ...VERSIONS, pk: pkOf(name), consistent: true });
    return found.map(({ version, hash, createdMs }) => ({ name, version, hash, createdMs }));
  }

  async list({ afterName, limit }: { afterName?: string; limit: number }): Promise<WorkflowSummary[]> {
    const after =
      afterName === undefined || afterName === ''
        ? {}
        : { that: '#sk > :after', values: { after: afterName } };
    const found = await this.#table.query<SummaryItem>({ pk: NAMES, ...after, limit, consistent: true });
    return found.map(({ sk, title, latestVersion, taskCount, createdMs }) => ({
      name: sk,
      title,
      latestVersion,
      taskCount,
      createdMs,
    }));
  }

  /** The next version, its content's mark and its place in lists, or nothing when somebody else was faster. */
  async #putNext(
    { name, title, tasks }: WorkflowDefinition,
    hash: string,
    createdMs: number,
  ): Promise<Pick<VersionItem, 'version' | 'createdMs'> | undefined> {
    const version = ((await this.#latest(name))?.version ?? 0) + 1;
    const isNew = { that: 'attribute_not_exists(#pk)' };
    const made = { version, hash, createdMs };
    const summary = { title, latestVersion: version, taskCount: tasks.length, createdMs };
    const { done } = await transact(this.#client, this.#table.name, [
      { put: { ...keyOf(name, version), ...made }, only: isNew },
      { put: { pk: pkOf(name), sk: `H#${hash}`, ...made }, only: isNew },
      { put: { pk: NAMES, sk: name, ...summary } },
    ]);
    return done ? made : undefined;
  }

  #byHash(name: string, hash: string): Promise<VersionItem | undefined> {
    return this.#table.get<VersionItem>({ pk: pkOf(name), sk: `H#${hash}` });
  }

  async #latest(name: string): Promise<VersionItem | undefined> {
    const newest = { ...VERSIONS, pk: pkOf(name), backwards: true, limit: 1, consistent: true };
    return (await this.#table.query<VersionItem>(newest))[0];
  }

  async #claimKey(key: string, name: string, hash: string): Promise<void> {
    const pk = `K#${createHash('sha256').update(key).digest('hex')}`;
    const { item } = await this.#table.insert<{ name: string; hash: string }>({ pk, sk: 'K', name, hash });
    if (item === undefined || (item.name === name && item.hash === hash)) return;
    throw new Conflict(
      `The idempotency key "${key}" was used for another definition, of "${item.name}".`,
      'Use a new key for a new definition.',
    );
  }
}

const VERSIONS = { that: 'begins_with(#sk, :versions)', values: { versions: 'V#' } };

const pkOf = (name: string): string => `W#${name}`;
const keyOf = (name: string, version: number): Key => ({ pk: pkOf(name), sk: `V#${pad(version, 9)}` });

const versionOf = (
  definition: WorkflowDefinition,
  hash: string,
  { version, createdMs }: Pick<VersionItem, 'version' | 'createdMs'>,
): WorkflowVersion => ({ name: definition.name, version, hash, createdMs, definition });

const tooManyAtOnce = (name: string) =>
  new StoreUnavailable(
    `Too many versions of the workflow "${name}" are being stored at once.`,
    'Try again in a moment.',
  );
