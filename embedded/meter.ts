/**
 * Counts what an engine does as AWS would bill it: machines started, states entered, functions called, calls of ports. The cost
 * model (`core/cost`) says the same of a history; a test holds the two against each other.
 */
import type { Operations } from '../core/api/operations.ts';
import type { Counts } from '../core/cost/book.ts';
import type { MachineName } from '../core/ports/dispatcher.ts';
import type { ExecutionChange, TaskChange } from '../core/ports/execution-store.ts';
import type { Host, StateMachine } from './asl/index.ts';
import type { EnginePorts } from './engine.ts';

export interface Meter {
  /** Lays itself around what an engine stands on. */
  around<Ports extends EnginePorts>(ports: Ports): Ports;
  /** Counts what clients ask for. */
  operations(operations: Operations): Operations;
  /** What was counted since this was last asked. */
  take(): Counts;
}

type Machine = Pick<StateMachine, 'run'>;

/** The states' own functions; any other is a task's. */
const STATES = 'holdfast/';

export function createMeter(): Meter {
  let counts: Counts = {};
  const count = (name: string, by = 1): void => {
    if (by > 0) counts[name] = (counts[name] ?? 0) + by;
  };

  const machine = (name: MachineName, { run }: { run: Machine['run'] }): Machine => ({
    run(input, host) {
      count(`machine.${name}`);
      return run(input, {
        ...host,
        onState: () => count(`states.${name}`),
        invoke: counted(host.invoke),
      });
    },
  });

  const counted =
    (invoke: Host['invoke']): Host['invoke'] =>
    (call) => {
      const { FunctionName: name } = call.arguments as { FunctionName: string };
      count(`function.${name.startsWith(STATES) ? name.slice(STATES.length) : 'run'}`);
      return invoke(call);
    };

  /** Counts calls by name; `more` counts what is within one. */
  const port = <Port extends object>(
    name: string,
    of: Port,
    more: Record<string, (given: never) => void> = {},
  ): Port =>
    new Proxy(of, {
      get(target, key) {
        const member = Reflect.get(target, key, target) as unknown;
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          count(`${name}.${String(key)}`);
          more[String(key)]?.(given[0] as never);
          return member.apply(target, given) as unknown;
        };
      },
    });

  return {
    around: (ports) => ({
      ...ports,
      store: port('store', ports.store, {
        change: ({ seeds = [] }: ExecutionChange) => count('layout.tasks', seeds.length),
        changeTask: ({ resolve = [] }: TaskChange) => count('resolved.children', resolve.length),
      }),
      workflows: port('workflows', ports.workflows),
      payloads: port('payloads', ports.payloads),
      slots: port('slots', ports.slots),
      types: port('types', ports.types),
      machines: Object.fromEntries(
        Object.entries(ports.machines).map(([name, of]) => [
          name,
          machine(name as MachineName, { run: of.run.bind(of) }),
        ]),
      ) as typeof ports.machines,
    }),
    operations: (operations) => port('operation', operations),
    take() {
      const taken = counts;
      counts = {};
      return taken;
    },
  };
}
