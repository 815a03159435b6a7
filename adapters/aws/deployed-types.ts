/** Which task types a deployment offers, and how much of them may run at once. */
import { InvalidInput } from '../../core/errors.ts';
import { POOLS } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { TaskType } from '../../core/ports/task-types.ts';
import { numberFrom, readEnv } from './env.ts';
import { atLeastOne, flag, id, list, object, optional, type Shape } from './shapes.ts';
import type { DynamoTaskTypes } from './task-types.ts';

export interface DeployedTypesPorts {
  types: Pick<DynamoTaskTypes, 'list' | 'offer' | 'withdraw'>;
  waker: Waker;
  /** Takes up what waited for a type. */
  offer: (type: TaskType) => Promise<void>;
}

export function createDeployedTypes({ types, waker, offer }: DeployedTypesPorts) {
  async function add(type: TaskType): Promise<void> {
    await types.offer(type);
    // Also of a type that was there: the deployment that brought it may have been cut short at this point.
    await offer({ ...type, maxConcurrency: type.maxConcurrency ?? Infinity });
  }

  async function remove(type: string): Promise<void> {
    await types.withdraw(type);
    await waker.limit(POOLS.type(type), Infinity);
  }

  return {
    add,
    /** All that there are from now on, with the limits that the environment names. */
    async replace(all: readonly TaskType[]): Promise<void> {
      const env = readEnv(['HOLDFAST_MAX_WORKFLOWS', 'HOLDFAST_MAX_TASKS']);
      const sizeOf = (name: keyof typeof env) => numberFrom(name, env[name]) ?? Infinity;
      await waker.limit(POOLS.workflows, sizeOf('HOLDFAST_MAX_WORKFLOWS'));
      await waker.limit(POOLS.tasks, sizeOf('HOLDFAST_MAX_TASKS'));
      const names = new Set(all.map(({ type }) => type));
      for (const { type } of await types.list()) if (!names.has(type)) await remove(type);
      for (const type of all) await add(type);
    },
  };
}

const taskType = object<TaskType>({
  type: id,
  functionName: id,
  maxConcurrency: optional(atLeastOne),
  long: optional(flag),
});

/** Errors: `InvalidInput`. */
export const readType = (value: unknown): TaskType => checked(taskType, value);

/** From JSON, which CloudFormation leaves as it is; it makes strings of all else. Errors: `InvalidInput`. */
export const readTypes = (text: unknown): TaskType[] => checked(list(taskType), parsed(String(text)));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function checked<T>(shape: Shape<T>, value: unknown): T {
  const problems: string[] = [];
  const read = shape(value, '', problems);
  if (problems.length === 0) return read;
  throw new InvalidInput(
    `This is no task type: ${problems.join('; ')}.`,
    'Give {"type": "resize", "functionName": "<ARN of a function>"}, with "maxConcurrency" and "long" where they apply.',
  );
}
