import pico from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { ExecutionView } from '../../core/api/schemas.ts';
import type { EventType, HoldfastEvent } from '../../core/event/event.ts';
import { renderFrame } from '../../cli/progress/frame.ts';
import { plainLine } from '../../cli/progress/plain.ts';
import { advance, createProgress, type Progress } from '../../cli/progress/progress.ts';
import { jsonSummary, textSummary } from '../../cli/summary.ts';
import { clean, duration, oneLine, table } from '../../cli/text.ts';

const colors = pico.createColors(false);
const screen = { columns: 100, rows: 20, colors };

function play(
  progress: Progress,
  ...events: Array<[type: EventType, taskId?: string, data?: HoldfastEvent['data'], attempt?: number]>
) {
  let seq = 0;
  return events.map(([type, taskId, data, attempt]) => {
    const event: HoldfastEvent = {
      executionId: 'ex_1',
      seq: ++seq,
      atMs: 1000 * seq,
      type,
      taskId,
      data,
      attempt,
    };
    advance(progress, event);
    return plainLine(event, progress);
  });
}

describe('progress', () => {
  test('follows each task from start to end', () => {
    const progress = createProgress('ex_1', 'w', 4);
    play(
      progress,
      ['execution.started'],
      ['task.started', 'a', undefined, 1],
      ['task.started', 'b', undefined, 1],
      ['task.attempt-failed', 'a', { error: 'PowerCut', cause: 'dark', healing: 'retry', delayMs: 500 }, 1],
      ['task.succeeded', 'b'],
      ['task.parked', 'c', { reason: 'nobody offers it' }],
      ['task.waiting', 'd', { reason: 'waits for a time', dueMs: 9000 }],
      ['task.placed', 'e', { node: 'edge-1', reason: 'chose edge-1: hub lacks camera' }, 1],
    );
    expect(progress.waiting.get('e')!.reason).toBe('goes to edge-1: chose edge-1: hub lacks camera');
    expect([...progress.running.keys()]).toEqual([]);
    expect(progress.waiting.get('a')).toMatchObject({ reason: 'retry after PowerCut: dark', dueMs: 4500 });
    expect([...progress.parked.keys()]).toEqual(['c']);
    expect(progress).toMatchObject({
      status: 'RUNNING',
      healed: 1,
      counts: { succeeded: 1, failed: 0, skipped: 0 },
    });
    play(
      progress,
      ['task.started', 'a', undefined, 2],
      ['task.failed', 'a', { error: 'E', cause: 'why' }],
      ['task.skipped', 'c', { reason: 'r' }],
      ['execution.failed'],
    );
    expect(progress).toMatchObject({
      status: 'FAILED',
      counts: { succeeded: 1, failed: 1, skipped: 1 },
      failures: [{ id: 'a', error: 'E', cause: 'why' }],
    });
    expect(progress.waiting.size + progress.parked.size + progress.running.size).toBe(0);
  });

  test('a redrive keeps what succeeded and opens the rest', () => {
    const progress = createProgress('ex_1', 'w', 3);
    play(
      progress,
      ['execution.started'],
      ['task.succeeded', 'a'],
      ['task.failed', 'b', { error: 'E', cause: 'c' }],
      ['task.skipped', 'c'],
      ['execution.failed'],
      ['execution.redriven'],
    );
    expect(progress).toMatchObject({
      status: 'RUNNING',
      counts: { succeeded: 1, failed: 0, skipped: 0 },
      failures: [],
    });
    play(progress, ['task.succeeded', 'b'], ['task.succeeded', 'c'], ['execution.succeeded']);
    expect(progress.counts.succeeded).toBe(3);
  });
});

describe('the live frame', () => {
  test('says how far it is, what runs, what waits, what is parked, what failed and why', () => {
    const progress = createProgress('ex_1', 'w', 10);
    play(
      progress,
      ['execution.started'],
      ['task.succeeded', 'a'],
      ['task.failed', 'b', { error: 'HttpClientError', cause: 'no such page' }],
      ['task.parked', 'c', { reason: 'nobody offers the task type "x"' }],
      ['task.started', 'd', undefined, 2],
      ['task.waiting', 'e', { reason: 'waits for a time', dueMs: 12_000 }],
    );
    expect(renderFrame(progress, 10_000, screen)).toBe(
      [
        `w ${'█'.repeat(6)}${'░'.repeat(24)}  20%  2 of 10 tasks · 1 running · 1 failed · 1 parked · 9.0 s`,
        '  ✗ b  HttpClientError: no such page',
        '  ! c  parked: nobody offers the task type "x"',
        '  ▸ d  5.0 s, attempt 2',
        '  … e  2.0 s more: waits for a time',
      ].join('\n'),
    );
  });

  test('fits the screen, however much there is', () => {
    const progress = createProgress('ex_1', 'a-workflow-with-quite-a-long-name-indeed-and-more', 10_000);
    play(progress, ['execution.started']);
    for (let index = 0; index < 5_000; index++)
      play(
        progress,
        ['task.started', `task-${index}`],
        ['task.parked', `parked-${index}`, { reason: 'x'.repeat(500) }],
      );
    for (const columns of [60, 80, 120]) {
      const lines = renderFrame(progress, 1_000, { columns, rows: 15, colors }).split('\n');
      expect(lines.length).toBeLessThan(15);
      expect(Math.max(...lines.slice(1).map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines.at(-1)).toMatch(/and 9\d+ more/);
    }
  });

  test('a name can not take over the terminal', () => {
    const progress = createProgress('ex_1', 'w\u001b[2J', 1);
    play(
      progress,
      ['execution.started'],
      ['task.failed', 'a\u001b]0;x\u0007', { error: 'E', cause: 'line\r\nbreak\u001b[31m' }],
    );
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(renderFrame(progress, 1, screen)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('plain lines', () => {
  test('tell of every task where they are few', () => {
    const progress = createProgress('ex_1', 'w', 2);
    expect(
      play(
        progress,
        ['execution.started'],
        ['task.started', 'a', undefined, 1],
        ['task.attempt-failed', 'a', { error: 'E', cause: 'c', healing: 'retry', delayMs: 1500 }],
        ['task.started', 'a', undefined, 2],
        ['task.succeeded', 'a'],
        ['task.parked', 'b', { reason: 'nobody' }],
      ),
    ).toEqual([
      '   +0.000s  w started',
      '   +1.000s  a started',
      '   +2.000s  a retry after E: c (in 1.5 s)',
      '   +3.000s  a started (attempt 2)',
      '   +4.000s  a succeeded',
      '   +5.000s  b PARKED: nobody',
    ]);
  });

  test('tell of tenths and of trouble where they are many', () => {
    const progress = createProgress('ex_1', 'w', 1_000);
    play(progress, ['execution.started']);
    const lines = Array.from({ length: 1_000 }, (_, index) =>
      play(progress, ['task.started', `t${index}`], ['task.succeeded', `t${index}`]),
    );
    expect(lines.flat().filter((line) => line !== undefined)).toHaveLength(10);
    expect(play(progress, ['task.failed', 'x', { error: 'E', cause: 'c' }])[0]).toContain('x FAILED E: c');
  });
});

describe('the summary', () => {
  const execution = {
    executionId: 'ex_1',
    workflow: 'w',
    status: 'FAILED',
    makespanMs: 4200,
    tasks: { total: 4, succeeded: 1, failed: 2, skipped: 1, cancelled: 0, parked: 0 },
    errors: [{ taskId: 'a', error: 'E', cause: 'why', attempt: 1 }],
  } as unknown as ExecutionView;

  test('as JSON has exactly the promised fields', () => {
    expect(jsonSummary(execution)).toEqual({
      executionId: 'ex_1',
      status: 'FAILED',
      tasks: { total: 4, succeeded: 1, failed: 2, skipped: 1 },
      makespanMs: 4200,
      output: null,
      errors: execution.errors,
    });
  });

  test('as text tells fatal failures from tolerated ones, and cuts a long output', () => {
    const output = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
    const failures = [
      { id: 'a', error: 'E', cause: 'why' },
      { id: 'b', error: 'F', cause: 'so' },
    ];
    const lines = textSummary({ ...execution, output }, colors, failures).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'w FAILED: 1 task succeeded, 2 failed, 1 skipped, in 4.2 s  ex_1',
      '  ✗ a  E: why',
      '  ! b  tolerated F: so',
      '',
      'line 0',
    ]);
    expect(lines.at(-1)).toBe('… 60 more lines');
  });
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [4_210, '4.2 s'],
  [185_000, '3 min 05 s'],
  [7_620_000, '2 h 07 min'],
  [100 * 3_600_000, '4 d 4 h'],
])('%i ms read %s', (ms, words) => expect(duration(ms)).toBe(words));

test('text is cleaned, put on one line, and lined up', () => {
  expect(clean('a\u001b[1mb\u0007\nc')).toBe('a�[1mb�\nc');
  expect(oneLine('a\r\n  b', 3)).toBe('a b');
  expect(oneLine('abcdef', 4)).toBe('abc…');
  expect(
    table([
      ['A', 'LONG', 'x'],
      ['aaa', 'b', 'y'],
    ]),
  ).toBe('A    LONG  x\naaa  b     y');
});
