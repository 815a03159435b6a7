import { setImmediate } from 'node:timers/promises';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { JsonObject } from '../../core/json.ts';
import type { MachineName } from '../../core/ports/dispatcher.ts';
import { loadStateMachine, type RunResult, TaskTokens } from '../../embedded/asl/index.ts';
import { createDispatcher } from '../../embedded/dispatcher.ts';
import { tokensOf } from '../../embedded/tokens.ts';
import { type Begun, dispatcherSuite, machineFor } from '../ports/dispatcher.suite.ts';

dispatcherSuite('createDispatcher', async () => {
  const all: Begun[] = [];
  const ends = new Map<string, PromiseWithResolvers<RunResult>>();
  const tokens = new TaskTokens();

  const machineOf = (machine: MachineName) => {
    const said = { Arguments: '{% $states.input %}' };
    const definition = machineFor(machine, {
      waits: { Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', ...said },
      tells: { Resource: 'arn:aws:states:::lambda:invoke', ...said },
    });
    const loaded = loadStateMachine(definition, machine);
    const run: typeof loaded.run = async (input, host) => {
      const result = await loaded.run(input, host);
      endOf((input as { id: string }).id).resolve(result);
      return result;
    };
    return { run };
  };
  const endOf = (id: string) => {
    const known = ends.get(id) ?? Promise.withResolvers<RunResult>();
    ends.set(id, known);
    return known;
  };

  const dispatcher = createDispatcher({
    machines: {
      workflow: machineOf('workflow'),
      task: machineOf('task'),
      long: machineOf('long'),
    },
    invoke({ arguments: input, taskToken: token, context }) {
      const { Name: machine } = context.StateMachine as { Name: MachineName };
      const { id } = input as { id: string };
      all.push({ machine, input: input as JsonObject, token, end: () => endOf(id).promise });
      return null;
    },
    tokens,
    clock: new SystemClock(),
    random: new SystemRandom(),
    onFault: () => undefined,
  });

  return {
    dispatcher,
    tokens: tokensOf(tokens),
    async begun(is, count) {
      while (all.filter(is).length < count) await setImmediate();
      return all.filter(is);
    },
    close: () => dispatcher.stop(),
  };
});
