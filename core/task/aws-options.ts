/** What a task file says about the Lambda function that its type becomes on AWS. */
import { isObject } from '../json.ts';
import { suggestion } from '../workflow/names.ts';
import type { AwsTaskOptions } from './handler.ts';

/** What absent fields mean. An attempt of at most `expressSeconds` fits the Express lane; longer ones go on the Standard one. */
export const AWS_TASK_DEFAULTS = { memoryMb: 512, timeoutSeconds: 240, expressSeconds: 240 } as const;
/** Lambda's own quotas. */
const MEMORY_MB = { min: 128, max: 10_240 } as const;
const TIMEOUT_SECONDS = { min: 1, max: 900 } as const;

const ACTION = /^[a-z0-9-]+:[A-Za-z0-9]+$/;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, which also lists the names it keeps for itself. */
const VARIABLE = /^[A-Za-z][A-Za-z0-9_]+$/;
const RESERVED =
  /^(?:AWS_(?:REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY(?:_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_\w+)|LAMBDA_(?:TASK_ROOT|RUNTIME_DIR))$/;

/** What is wrong with a value, and what to write instead. */
export interface Refusal {
  reason: string;
  fix: string;
}

const READERS: Record<keyof AwsTaskOptions, (value: unknown) => Refusal | undefined> = {
  memoryMb: (value) => refuseNumber('memoryMb', value, MEMORY_MB, 'MiB'),
  timeoutSeconds: (value) => refuseNumber('timeoutSeconds', value, TIMEOUT_SECONDS, 'seconds'),
  permissions: refusePermissions,
  environment: refuseEnvironment,
};

/** Why `value` can't be the `aws` of a task file, or undefined where it can. */
export function refuseAwsOptions(value: unknown): Refusal | undefined {
  if (!isObject(value))
    return {
      reason: `"aws" is ${shown(value)}`,
      fix: 'Export an object, such as `{ memoryMb: 1024, timeoutSeconds: 60 }`, or leave it out.',
    };
  for (const [key, part] of Object.entries(value)) {
    if (!Object.hasOwn(READERS, key)) return unknownField('aws', key, Object.keys(READERS));
    const refusal = part === undefined ? undefined : READERS[key as keyof AwsTaskOptions](part);
    if (refusal) return refusal;
  }
  return undefined;
}

function refuseNumber(
  name: string,
  value: unknown,
  { min, max }: { min: number; max: number },
  unit: string,
): Refusal | undefined {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return undefined;
  return {
    reason: `"aws.${name}" is ${shown(value)}`,
    fix: `Write a whole number of ${unit} from ${min} to ${max}, which is what Lambda takes.`,
  };
}

function refusePermissions(value: unknown): Refusal | undefined {
  const example = '`permissions: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::my-bucket/*"] }]`';
  if (!Array.isArray(value))
    return { reason: `"aws.permissions" is ${shown(value)}`, fix: `Write a list, such as ${example}.` };
  for (const [index, permission] of value.entries()) {
    const at = `aws.permissions[${index}]`;
    if (!isObject(permission)) return { reason: `"${at}" is ${shown(permission)}`, fix: `Write ${example}.` };
    const unknown = Object.keys(permission).find((key) => key !== 'actions' && key !== 'resources');
    if (unknown !== undefined) return unknownField(at, unknown, ['actions', 'resources']);
    for (const name of ['actions', 'resources'] as const) {
      const list = permission[name];
      const isList = Array.isArray(list) && list.length > 0;
      if (!isList || !list.every((item) => typeof item === 'string' && item !== ''))
        return { reason: `"${at}.${name}" is ${shown(list)}`, fix: `Write a list of texts: ${example}.` };
    }
    const action = (permission.actions as string[]).find((name) => !ACTION.test(name));
    if (action !== undefined) return refuseAction(at, action);
  }
  return undefined;
}

function refuseAction(at: string, action: string): Refusal {
  return action.includes('*')
    ? {
        reason: `"${at}.actions" has the wildcard "${action}"`,
        fix: 'Name each action that the handler calls, such as "s3:GetObject"; resources may end in a wildcard.',
      }
    : {
        reason: `"${at}.actions" has "${action}", which is no IAM action`,
        fix: 'Write service and action, such as "s3:GetObject".',
      };
}

function refuseEnvironment(value: unknown): Refusal | undefined {
  if (!isObject(value))
    return {
      reason: `"aws.environment" is ${shown(value)}`,
      fix: 'Write `name: "text"` pairs.',
    };
  for (const [name, text] of Object.entries(value)) {
    if (!VARIABLE.test(name) || RESERVED.test(name))
      return {
        reason: `"aws.environment" sets "${name}"`,
        fix: RESERVED.test(name)
          ? 'Lambda sets that variable itself: choose another name.'
          : 'Use two or more letters, digits and _, the first a letter.',
      };
    if (typeof text !== 'string')
      return {
        reason: `"aws.environment.${name}" is ${shown(text)}`,
        fix: 'Write text; a number goes in quotes.',
      };
  }
  return undefined;
}

function unknownField(place: string, key: string, known: string[]): Refusal {
  const near = suggestion(key, known);
  return {
    reason: `"${place}" has no field "${key}".${near}`,
    fix: near === '' ? `Use ${known.join(', ')}.` : 'Correct the name, or remove the field.',
  };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
