/** Every case of examples/expected.json over HTTP, as a newcomer would send the files. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import cases from '../../examples/expected.json' with { type: 'json' };
import { useHost } from './host.ts';
import type { Answer } from './http.ts';

interface Case {
  file: string;
  variables?: Record<string, unknown>;
  /** Files of workflows that this one runs. */
  submitFirst?: string[];
  /** Sent once `task` waits for it. */
  signal?: { task: string; name: string; payload: unknown };
  status: 'SUCCEEDED' | 'FAILED' | 'PARKED' | 'REFUSED';
  tasks?: Record<string, string>;
  output?: unknown;
  /** Name of the first error. */
  error?: string;
}

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');
const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-examples-'));
afterAll(() => rm(dataDir, { recursive: true }));

const name = ({ file, variables, status }: Case) =>
  `${file}${variables === undefined ? '' : ` with ${JSON.stringify(variables)}`}: ${status}`;

describe('the examples on the embedded host', () => {
  const host = useHost(async () => {
    const opened = await openHost({
      port: 0,
      dataDir,
      taskDirs: [join(EXAMPLES, 'tasks')],
      allowExec: true,
      capabilities: ['telescope', 'archive'],
      logger: createLogger('error'),
    });
    return {
      url: opened.url,
      close: () => opened.close(),
      offer: () => Promise.reject(new Error('the examples bring their own types')),
    };
  });

  async function submit(file: string): Promise<Answer> {
    const text = await readFile(join(EXAMPLES, file), 'utf8');
    return host.http.post('/workflows', text, {
      contentType: file.endsWith('.json') ? 'application/json' : 'application/yaml',
    });
  }

  async function start({ file, variables }: Case): Promise<string> {
    const { status, body } = await submit(file);
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    return host.start(body.name as string, { variables });
  }

  test.each((cases as Case[]).map((one) => [name(one), one] as const))('%s', async (_, one) => {
    if (one.status === 'REFUSED') {
      expect(await submit(one.file)).toMatchObject({ status: 422, body: { code: 'InvalidDefinition' } });
      return;
    }
    for (const other of one.submitFirst ?? []) await submit(other);
    const id = await start(one);
    if (one.signal) {
      await host.taskEvent(id, one.signal.task, 'task.waiting');
      await host.http.post(`/executions/${id}/signals/${one.signal.name}`, { payload: one.signal.payload });
    }
    if (one.status === 'PARKED') {
      for (const [taskId, status] of Object.entries(one.tasks!))
        if (status !== 'PENDING') await host.taskEvent(id, taskId, `task.${status.toLowerCase()}`);
    } else {
      const done = await host.ended(id);
      expect(done, JSON.stringify(done.errors)).toMatchObject({ status: one.status });
      if (one.output !== undefined) expect(done.output).toEqual(one.output);
      expect(done.errors[0]?.error).toBe(one.error);
    }
    expect(await host.statuses(id)).toMatchObject(one.tasks ?? {});
    if (one.status === 'PARKED') await host.http.post(`/executions/${id}/cancel`);
  });
});
