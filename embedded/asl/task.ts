import type { JsonValue } from '../../core/json.ts';
import { Activity } from './activity.ts';
import type { Fields } from './checker.ts';
import { complete, requireSize } from './complete.ts';
import { assignOf, type CompileContext, type State, transitionOf } from './context.ts';
import type { Frame } from './frame.ts';
import { compileHandlers, guardedState } from './retry.ts';
import type { Step } from './types.ts';
import { compileTyped, integerKind } from './typed.ts';
import { compileField } from './value.ts';

const secondsMax = 99_999_999;

export function compileTask(name: string, fields: Fields, context: CompileContext): State {
  fields.allow([
    'Type',
    'Comment',
    'QueryLanguage',
    'Resource',
    'Arguments',
    'TimeoutSeconds',
    'HeartbeatSeconds',
    'Retry',
    'Catch',
    'Assign',
    'Output',
    'Next',
    'End',
  ]);
  const resource = resourceOf(fields);
  const service = serviceOf(resource);
  const args = compileField(fields, 'Arguments');
  const timeout = compileTyped(fields, 'TimeoutSeconds', integerKind(1, secondsMax));
  const heartbeat = compileTyped(fields, 'HeartbeatSeconds', integerKind(1, secondsMax));
  checkHeartbeat(fields);
  const handlers = compileHandlers(fields, context);
  const completion = {
    output: compileField(fields, 'Output', ['result']),
    assign: assignOf(fields, context, ['result']),
    next: transitionOf(fields),
  };
  const waitsForToken = resource.endsWith('.waitForTaskToken');

  async function attempt(frame: Frame): Promise<Step> {
    const token = waitsForToken ? openToken(frame) : undefined;
    let result: JsonValue;
    try {
      const given = args === undefined ? frame.input : args.evaluate(frame);
      const assignment = {
        resource,
        arguments: given instanceof Promise ? await given : given,
        timeoutMs: timeout && limitMs(await timeout.evaluate(frame)),
        heartbeatMs: heartbeat && limitMs(await heartbeat.evaluate(frame)),
        token: token?.value,
      };
      if (args !== undefined) requireSize(assignment.arguments, service);
      frame.run.record(waitsForToken ? 3 : 2);
      result = await new Promise<JsonValue>((resolve, reject) => {
        const activity = new Activity(frame, assignment, resolve, reject);
        token?.answers(activity);
        activity.start();
      });
    } finally {
      token?.close();
    }
    frame.run.record(1);
    requireSize(result, service);
    frame.result = result;
    return complete(frame, completion, result);
  }

  return guardedState(name, handlers, completion.next, attempt);
}

function resourceOf(fields: Fields): string {
  const resource = fields.text('Resource', { required: true }) ?? '';
  if (/^arn:[^:]+:states:[^:]*:[^:]*:activity:/.test(resource))
    fields.issue(
      'Resource',
      'activities are not supported',
      'Use a function, or `.waitForTaskToken` for a worker that polls.',
    );
  if (resource.startsWith('{%'))
    fields.issue(
      'Resource',
      'Resource has to be constant',
      'Write the ARN; choose between several with a Choice.',
    );
  return resource;
}

function checkHeartbeat(fields: Fields): void {
  const [timeout, heartbeat] = [fields.get('TimeoutSeconds'), fields.get('HeartbeatSeconds')];
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout)
    fields.issue('HeartbeatSeconds', `it is ${heartbeat}`, `Write less than TimeoutSeconds (${timeout}).`);
}

/** The service's default is its maximum, which stands for no limit. */
function limitMs(seconds: number): number | undefined {
  return seconds >= secondsMax ? undefined : seconds * 1000;
}

/** What the service calls a task when its result is too large: `lambda` for its own integrations, else the ARN. */
function serviceOf(resource: string): string {
  return /^arn:[^:]+:states:::(?:aws-sdk:)?([^:.]+)/.exec(resource)?.[1] ?? resource;
}

interface OpenToken {
  value: string;
  /** Lets answers end the activity; those that came before are told it now. */
  answers(activity: Activity): void;
  close(): void;
}

function openToken(frame: Frame): OpenToken {
  const { tokens } = frame.run.host;
  if (tokens === undefined)
    throw frame.failure(
      'States.Runtime',
      'The host gives no task tokens. Run the machine with `tokens: new TaskTokens()` and answer them there.',
    );
  let activity: Activity | undefined;
  let tell: ((to: Activity) => void) | undefined;
  const answer = (how: (to: Activity) => void) => (activity ? how(activity) : (tell = how));
  const value = tokens.open({
    succeed: (output) => void answer((to) => to.succeed(output)),
    fail: (failure) => void answer((to) => to.fail(failure)),
    heartbeat: () => activity?.heartbeat(),
  });
  frame.taskToken = value;
  return {
    value,
    answers(to) {
      activity = to;
      tell?.(to);
    },
    close: () => tokens.close(value),
  };
}
