/**
 * Hands a payload to another system: an `endpoint` (a URL, or a name) or a `channel` (a name). Names are configured on the host in
 * `HOLDFAST_CHANNELS`; one that is not is kept here, as a line of `stores/<name>.ndjson` or `channels/<name>.ndjson` in the data
 * directory, exactly once, for somebody to pick up; where that directory doesn't last, as on AWS, in the output. Output:
 * `{delivered, to, …}`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { PermanentFailure, type TaskContext } from '../core/task/handler.ts';
import * as http from './http.ts';
import { dataDir, dataLasts } from './lib/host.ts';
import { appendOnce } from './lib/ledger.ts';

export interface IntegrationInput {
  endpoint?: string;
  channel?: string;
  payload?: JsonValue;
  method?: 'POST' | 'PUT' | 'PATCH';
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  oneOf: [{ required: ['endpoint'] }, { required: ['channel'] }],
  properties: {
    endpoint: { type: 'string', minLength: 1, maxLength: 8192 },
    channel: { type: 'string', minLength: 1, maxLength: 200 },
    payload: { default: {} },
    method: { enum: ['POST', 'PUT', 'PATCH'], default: 'POST' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    timeoutMs: { type: 'integer', minimum: 1, maximum: 3_600_000 },
  },
};

/** `HOLDFAST_CHANNELS` can't be used. */
export class InvalidChannels extends PermanentFailure {
  override readonly name = 'InvalidChannels';
}

interface Target {
  url: string;
  method?: IntegrationInput['method'];
  headers?: Record<string, string>;
}

export async function handler(input: IntegrationInput, context: TaskContext): Promise<JsonObject> {
  const to = (input.endpoint ?? input.channel)!;
  if (input.endpoint !== undefined && /^https?:\/\//i.test(to)) return post({ url: to }, to, input, context);
  if (!/^[\w][\w.-]{0,199}$/.test(to))
    throw new PermanentFailure(`"${to}" is neither a URL nor a name of letters, digits, "_", "-" and ".".`);
  const target = (await configuredTargets())[to];
  return target === undefined ? keep(to, input, context) : post(target, to, input, context);
}

async function post(
  target: Target,
  to: string,
  input: IntegrationInput,
  context: TaskContext,
): Promise<JsonObject> {
  const answer = await http.handler(
    {
      url: target.url,
      method: input.method ?? target.method ?? 'POST',
      headers: { ...target.headers, ...input.headers },
      json: input.payload ?? {},
      ...(input.timeoutMs === undefined ? {} : { timeoutMs: input.timeoutMs }),
    },
    context,
  );
  return { delivered: true, to, status: answer.status as number, body: answer.body as JsonValue };
}

async function keep(to: string, input: IntegrationInput, context: TaskContext): Promise<JsonObject> {
  if (!dataLasts()) {
    context.logger.info(
      `"${to}" is not configured in HOLDFAST_CHANNELS; the payload is kept in the task's output`,
    );
    return { delivered: false, to, payload: input.payload ?? {} };
  }
  const folder = input.channel === undefined ? 'stores' : 'channels';
  const file = join(dataDir(), folder, `${to}.ndjson`);
  await appendOnce(file, context.idempotencyKey, {
    executionId: context.executionId,
    taskId: context.taskId,
    at: new Date().toISOString(),
    payload: input.payload ?? {},
  });
  context.logger.info(`"${to}" is not configured in HOLDFAST_CHANNELS; the payload is kept here`, { file });
  return { delivered: false, to, keptIn: `${folder}/${to}.ndjson` };
}

/** `{"name": {"url": …, "method"?, "headers"?}}` or `{"name": "https://…"}`: JSON, or the path of a file that holds it. */
async function configuredTargets(): Promise<Record<string, Target>> {
  const setting = (process.env.HOLDFAST_CHANNELS ?? '').trim();
  if (setting === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(setting.startsWith('{') ? setting : await readFile(setting, 'utf8'));
  } catch (error) {
    throw new InvalidChannels(
      `HOLDFAST_CHANNELS can't be read: ${(error as Error).message}. Set it to {"name": {"url": "https://…"}}, or to the path of such a file.`,
    );
  }
  if (!isObject(parsed))
    throw new InvalidChannels('HOLDFAST_CHANNELS is no object. Set it to {"name": {"url": "https://…"}}.');
  const targets: Record<string, Target> = Object.create(null) as Record<string, Target>;
  for (const [name, value] of Object.entries(parsed)) {
    const target = typeof value === 'string' ? { url: value } : value;
    if (!isObject(target) || typeof target.url !== 'string')
      throw new InvalidChannels(`The channel "${name}" in HOLDFAST_CHANNELS has no "url". Give it one.`);
    targets[name] = target as unknown as Target;
  }
  return targets;
}
