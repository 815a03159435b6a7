/** Every workflow in the documents is refused, parks, or runs to the end that stands below it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidDefinition } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import { openOrchestrator, type Orchestrator } from '../../embedded/orchestrator.ts';
import { type Block, blocksOf, DOCUMENTS } from './documents.ts';

/** What the documents say that the tests bring, and the type that the front page makes. */
const tasks: Record<string, TaskHandler> = {
  load: () => ({ rows: [3, 1, 2] }),
  break: () => {
    throw new Error('it broke');
  },
  flaky: (_, { attempt }) => {
    if (attempt < 3) throw new Error('not yet');
    return { attempt };
  },
  resize: ({ width, pages }: { width: number; pages: number }) => ({ width, pages }),
};

/** The lines `# word: …` of a block. */
function said(block: Block, word: string): string | undefined {
  return new RegExp(`^# ${word}:? ?(.*)$`, 'm').exec(block.text)?.[1];
}

/** What stands in these are messages and networks. */
const OTHERS = ['docs/queues.md', 'docs/network.md', 'docs/edge.md'];
const workflows = DOCUMENTS.flatMap(blocksOf).filter(
  ({ document, language }) => !OTHERS.includes(document) && ['yaml', 'yml', 'json'].includes(language),
);

/** Fewer would mean that they are not found any more. */
const LEAST = 20;

describe('a workflow in a document', () => {
  let holdfast: Orchestrator;
  let dataDir: string;
  let url: string;
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"items": [1, 2]}');
  });
  const before = { ...process.env };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'holdfast-docs-'));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/items`;
    process.env.HOLDFAST_HTTP_ALLOW = '127.0.0.1';
    holdfast = await openOrchestrator({ dataDir, tasks, allowExec: true });
  });

  afterAll(async () => {
    await holdfast.close();
    server.close();
    process.env = before;
    await rm(dataDir, { recursive: true });
  });

  const format = ({ language }: Block) => (language === 'json' ? 'json' : 'yaml');
  const parse = (block: Block) => parseWorkflow(block.text, { format: format(block) });

  async function start(block: Block): Promise<string> {
    const { workflow } = await holdfast.submit({ document: block.text, format: format(block) });
    const variables = JSON.parse(said(block, 'variables') ?? '{}') as JsonObject;
    // An address on the internet stands for one that answers here.
    if (workflow.definition.variables.some(({ name }) => name === 'url')) variables.url = url;
    const { execution } = await holdfast.start({ workflow: workflow.name, variables });
    return execution.id;
  }

  async function ended(block: Block) {
    const id = await start(block);
    const [, name, payload] = /^(\S+) (.*)$/.exec(said(block, 'signal') ?? '') ?? [];
    if (name !== undefined) await holdfast.signal(id, { name, payload: JSON.parse(payload!) as JsonValue });
    return holdfast.result(id);
  }

  test('is found', () => expect(workflows.length).toBeGreaterThanOrEqual(LEAST));

  test.each(workflows.map((block) => [`${block.document}:${block.line}`, block] as const))(
    '%s does what stands below it',
    async (_, block) => {
      const [refused, parks, fails, output] = ['refused', 'parks', 'fails', 'output'].map((word) =>
        said(block, word),
      );
      if (refused !== undefined) {
        expect(() => parse(block)).toThrow(InvalidDefinition);
        expect(() => parse(block)).toThrow(
          expect.objectContaining({
            issues: expect.arrayContaining([
              expect.objectContaining({ message: expect.stringContaining(refused) as string }),
            ]) as unknown[],
          }),
        );
        return;
      }
      if (parks !== undefined) {
        const id = await start(block);
        for await (const { type, data } of holdfast.events(id)) {
          if (type !== 'task.parked') continue;
          expect(data?.reason).toContain(parks);
          break;
        }
        await holdfast.cancel(id);
        return;
      }
      const result = await ended(block);
      if (fails !== undefined) {
        expect(result).toMatchObject({
          status: 'FAILED',
          errors: [{ error: fails }, ...result.errors.slice(1)],
        });
        return;
      }
      expect(result).toMatchObject({ status: 'SUCCEEDED', errors: [] });
      if (output !== undefined) expect(result.output).toEqual(JSON.parse(output));
    },
  );
});

describe('a redrive', () => {
  test('keeps the idempotency key and the checkpoint, and counts attempts on', async () => {
    const seen: JsonValue[] = [];
    const holdfast = await openOrchestrator({
      dataDir: ':memory:',
      tasks: {
        work: async (_, { attempt, idempotencyKey, checkpoint }) => {
          seen.push([idempotencyKey, attempt, (await checkpoint.load()) ?? null]);
          await checkpoint.save(attempt);
          if (attempt < 2) throw new Error('not yet');
        },
      },
    });
    const { id } = await holdfast.run({ name: 'again', tasks: [{ id: 'a', type: 'work' }] });
    expect(await holdfast.result(id)).toMatchObject({ status: 'FAILED' });
    await holdfast.redrive(id, {});
    expect(await holdfast.result(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(seen).toEqual([
      [`${id}/a`, 1, null],
      [`${id}/a`, 2, 1],
    ]);
    await holdfast.close();
  });
});
