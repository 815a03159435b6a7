/** Workflows of every kind, with the only end and output that they may have, however often their host is killed. */
import type { JsonObject, JsonValue } from '../../core/json.ts';

export interface Case {
  definition: JsonObject & { name: string };
  status: 'SUCCEEDED' | 'FAILED';
  output?: JsonValue;
  /** The signal that it waits for. */
  signal?: { name: string; payload: JsonValue };
}

const add = (id: string, value: JsonValue, dependsOn: string[] = []): JsonObject => ({
  id,
  type: 'add',
  input: { value, ms: 4 },
  dependsOn,
});

const chainOf = (length: number): JsonObject[] =>
  Array.from({ length }, (_, at) =>
    at === 0 ? add('t0', 0) : add(`t${at}`, `\${t${at - 1}.output.value}`, [`t${at - 1}`]),
  );

const fanIds = Array.from({ length: 8 }, (_, at) => `f${at}`);

export const CASES: readonly Case[] = [
  {
    definition: { name: 'chain', tasks: chainOf(6) },
    status: 'SUCCEEDED',
    output: { value: 6 },
  },
  {
    definition: {
      name: 'fan',
      tasks: [
        add('source', 0),
        ...fanIds.map((id) => add(id, '${source.output.value}', ['source'])),
        add('join', `\${$sum([${fanIds.map((id) => `${id}.output.value`).join(', ')}])}`, fanIds),
      ],
    },
    status: 'SUCCEEDED',
    output: { value: 17 },
  },
  {
    definition: {
      name: 'map',
      tasks: [
        {
          id: 'each',
          type: 'map',
          input: {
            items: [1, 2, 3, 4, 5, 6],
            maxConcurrency: 3,
            task: add('one', '${item}'),
            aggregate: '$sum(outputs.value)',
          },
        },
      ],
    },
    status: 'SUCCEEDED',
    output: 27,
  },
  {
    definition: {
      name: 'retries',
      tasks: [
        {
          id: 'flaky',
          type: 'flaky',
          retry: { maxAttempts: 5, backoff: 'fixed', delayMs: 20, jitter: 'none' },
        },
        add('after', 1, ['flaky']),
      ],
    },
    status: 'SUCCEEDED',
    output: { value: 2 },
  },
  {
    definition: {
      name: 'waits',
      tasks: [
        { id: 'short', type: 'wait', input: { ms: 30 } },
        add('between', 0, ['short']),
        { id: 'long', type: 'wait', input: { ms: 400 }, dependsOn: ['between'] },
        add('last', '${between.output.value}', ['long']),
      ],
    },
    status: 'SUCCEEDED',
    output: { value: 2 },
  },
  {
    definition: { name: 'checkpoints', tasks: [{ id: 'count', type: 'count', input: { to: 5 } }] },
    status: 'SUCCEEDED',
    output: { count: 5 },
  },
  {
    definition: {
      name: 'nested',
      tasks: [
        { id: 'inner', type: 'workflow', input: { workflow: 'chain' } },
        {
          id: 'both',
          type: 'parallel',
          input: { tasks: [add('left', '${inner.output.value}'), add('right', 1)] },
          dependsOn: ['inner'],
        },
      ],
    },
    status: 'SUCCEEDED',
    output: { left: { value: 7 }, right: { value: 2 } },
  },
  {
    definition: {
      name: 'signals',
      tasks: [{ id: 'go', type: 'signal' }, add('after', '${go.output.payload.n}', ['go'])],
    },
    status: 'SUCCEEDED',
    output: { value: 42 },
    signal: { name: 'go', payload: { n: 41 } },
  },
  {
    definition: {
      name: 'branches',
      tasks: [
        add('start', 0),
        {
          id: 'enough',
          type: 'condition',
          condition: 'start.output.value > 1',
          dependsOn: ['start'],
          onSuccess: ['yes'],
          onFailure: ['no'],
        },
        add('yes', 100),
        add('no', 200),
      ],
      output: '${no.output}',
    },
    status: 'SUCCEEDED',
    output: { value: 201 },
  },
  {
    definition: {
      name: 'fails',
      tasks: [add('fine', 0), { id: 'bad', type: 'broken' }, add('never', 0, ['bad'])],
    },
    status: 'FAILED',
  },
  {
    definition: {
      name: 'tolerates',
      tasks: [{ id: 'bad', type: 'broken', critical: false }, add('after', 4, ['bad'])],
    },
    status: 'SUCCEEDED',
    output: { value: 5 },
  },
];
