/** What every `Dispatcher` and its `TaskTokens` keep to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dispatcher, MachineName, TaskTokens } from '../../core/ports/dispatcher.ts';

/** A machine that has begun and waits for its token to be answered; one of the Express lane just ends. */
export interface Begun {
  machine: MachineName;
  input: JsonObject;
  token?: string;
  /** How it ends, once it does. */
  end(): Promise<End>;
}

export interface End {
  status: string;
  output?: JsonValue;
  error?: string;
  cause?: string;
}

export interface MachinesUnderTest {
  dispatcher: Dispatcher;
  tokens: TaskTokens;
  /** Those of which `is` says yes, once there are `count`; all of them begin within moments of their start. */
  begun(is: (begun: Begun) => boolean, count: number): Promise<Begun[]>;
  close(): Promise<void>;
}

let names = 0;
const unique = (): string => `ex_${process.pid}_${++names}`;

export function dispatcherSuite(name: string, open: () => Promise<MachinesUnderTest>): void {
  describe(`${name} as Dispatcher and TaskTokens`, () => {
    let under: MachinesUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    const of = (id: string) => (begun: Begun) => begun.input.id === id;
    /** Once this has begun, so has whatever was started before. */
    const settle = async () => {
      const id = unique();
      await under.dispatcher.start('workflow', id, { id });
      const [last] = await under.begun(of(id), 1);
      await under.tokens.succeed(last!.token!, null);
    };

    it.each(['workflow', 'task', 'long'] as const)('starts %s with its input', async (machine) => {
      const id = unique();
      await under.dispatcher.start(machine, `${id}/1`, { id, text: 'é "{% %}"', list: [1, null] });
      const begun = await under.begun(of(id), 1);
      expect(begun).toMatchObject([{ machine, input: { id, text: 'é "{% %}"', list: [1, null] } }]);
    });

    it('starts a workflow of one name once', async () => {
      const id = unique();
      for (let twice = 0; twice < 2; twice++) await under.dispatcher.start('workflow', `${id}/1`, { id });
      await under.dispatcher.start('workflow', `${id}/1`, { id, again: true });
      await settle();
      expect(await under.begun(of(id), 1)).toHaveLength(1);
    });

    it.each(['task', 'long'] as const)('starts %s again whenever it is asked to', async (machine) => {
      const id = unique();
      for (let twice = 0; twice < 2; twice++) await under.dispatcher.start(machine, `${id}/a`, { id });
      expect(await under.begun(of(id), 2)).toHaveLength(2);
    });

    it('takes any name, and keeps different ones apart', async () => {
      const id = unique();
      const long = 'x'.repeat(200);
      for (const one of ['a task', 'a/task', 'a-task', 'ä*?', `${long}1`, `${long}2`])
        await under.dispatcher.start('workflow', `${id}/${one}`, { id });
      expect(await under.begun(of(id), 6)).toHaveLength(6);
    });

    it('lets a token be answered once, with an output', async () => {
      const id = unique();
      await under.dispatcher.start('workflow', id, { id });
      const [begun] = await under.begun(of(id), 1);
      await under.tokens.succeed(begun!.token!, { ok: true });
      await under.tokens.fail(begun!.token!, 'TooLate', 'it was answered');
      expect(await begun!.end()).toMatchObject({ status: 'SUCCEEDED', output: { ok: true } });
      await expect(under.tokens.succeed(begun!.token!, null)).resolves.toBeUndefined();
    });

    it('lets a token be answered with an error', async () => {
      const id = unique();
      await under.dispatcher.start('workflow', id, { id });
      const [begun] = await under.begun(of(id), 1);
      await under.tokens.fail(begun!.token!, 'TaskTimeout', 'it took too long');
      expect(await begun!.end()).toMatchObject({
        status: 'FAILED',
        error: 'TaskTimeout',
        cause: 'it took too long',
      });
    });

    it('takes an unknown token for an answer that nobody needs', async () => {
      await expect(under.tokens.succeed('unknown', {})).resolves.toBeUndefined();
      await expect(under.tokens.fail('unknown', 'Error', 'why')).resolves.toBeUndefined();
    });
  });
}

/** A machine for it, in the language of both hosts: `waits` says which resource it waits on, `tells` which one it only calls. */
export function machineFor(machine: MachineName, { waits, tells }: { waits: object; tells: object }): object {
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'Begin',
    States: { Begin: { Type: 'Task', ...(machine === 'task' ? tells : waits), End: true } },
  };
}
