/** Which task types a deployment offers, and how much of them may run at once. */
import * as z from 'zod/mini';
import { InvalidInput } from '../../core/errors.ts';
import { POOLS } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { TaskType } from '../../core/ports/task-types.ts';
import { numberFrom, readEnv } from './env.ts';
import type { DynamoTaskTypes } from './task-types.ts';

export interface DeployedTypesPorts {
  types: Pick<DynamoTaskTypes, 'list' | 'offer' | 'withdraw'>;
  waker: Waker;
  /** Takes up what waited for a type. */
  offer: (type: TaskType) => Promise<void>;
}

export function createDeployedTypes({ types, waker, offer }: DeployedTypesPorts) {
  async function add(type: TaskType): Promise<void> {
    const isNew = await types.offer(type);
    const size = type.maxConcurrency ?? Infinity;
    if (isNew) await offer({ ...type, maxConcurrency: size });
    else await waker.limit(POOLS.type(type.type), size);
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
      for (const { type } of await types.list()) if (!names.has(type)) await types.withdraw(type);
      for (const type of all) await add(type);
    },
  };
}

const typeSchema = z.object({
  type: z.string().check(z.minLength(1), z.maxLength(200)),
  functionName: z.string().check(z.minLength(1)),
  maxConcurrency: z.optional(z.int().check(z.minimum(1))),
  long: z.optional(z.boolean()),
});

/** Errors: `InvalidInput`. */
export const readType = (value: unknown): TaskType => checked(typeSchema.safeParse(value));

/** From JSON, which CloudFormation leaves as it is; it makes strings of all else. Errors: `InvalidInput`. */
export const readTypes = (text: unknown): TaskType[] =>
  checked(z.array(typeSchema).safeParse(JSON.parse(String(text))));

function checked<T>(parsed: z.core.util.SafeParseResult<T>): T {
  if (parsed.success) return parsed.data;
  throw new InvalidInput(
    `This is no task type: ${z.prettifyError(parsed.error)}`,
    'Give {"type": "resize", "functionName": "<ARN of a function>"}, with "maxConcurrency" and "long" where they apply.',
  );
}
