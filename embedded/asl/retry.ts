import type { JsonObject } from '../../core/json.ts';
import { describe, type Fields } from './checker.ts';
import { type Completion, complete } from './complete.ts';
import { assignOf, type CompileContext, type State } from './context.ts';
import { Cancelled, failureOf, matchesError, type StateFailure } from './errors.ts';
import type { Frame } from './frame.ts';
import type { MaybePromise, Step } from './types.ts';
import { compileField } from './value.ts';

export interface Retrier {
  errorEquals: string[];
  intervalSeconds: number;
  maxAttempts: number;
  backoffRate: number;
  maxDelaySeconds: number | undefined;
  fullJitter: boolean;
}

export interface Catcher extends Completion {
  errorEquals: string[];
}

export interface Handlers {
  retriers: Retrier[];
  catchers: Catcher[];
}

const attemptsMax = 99_999_999;
const delaySecondsMax = 31_622_400;

export function compileHandlers(fields: Fields, context: CompileContext): Handlers {
  const retriers = fields.list('Retry');
  const catchers = fields.list('Catch');
  return {
    retriers: retriers.map((entry, index) => compileRetrier(entry, index === retriers.length - 1)),
    catchers: catchers.map((entry, index) => compileCatcher(entry, index === catchers.length - 1, context)),
  };
}

function compileRetrier(fields: Fields, isLast: boolean): Retrier {
  fields.allow([
    'ErrorEquals',
    'IntervalSeconds',
    'MaxAttempts',
    'BackoffRate',
    'MaxDelaySeconds',
    'JitterStrategy',
    'Comment',
  ]);
  fields.comment();
  const intervalSeconds = fields.integer('IntervalSeconds', { min: 1, max: attemptsMax }) ?? 1;
  const maxDelaySeconds = fields.integer('MaxDelaySeconds', { min: 1, max: delaySecondsMax });
  if (maxDelaySeconds !== undefined && maxDelaySeconds <= intervalSeconds)
    fields.issue(
      'MaxDelaySeconds',
      `it is ${maxDelaySeconds}`,
      `Write more than IntervalSeconds (${intervalSeconds}).`,
    );
  return {
    errorEquals: errorEqualsOf(fields, isLast),
    intervalSeconds,
    maxAttempts: fields.integer('MaxAttempts', { min: 0, max: attemptsMax }) ?? 3,
    backoffRate: backoffRateOf(fields),
    maxDelaySeconds,
    fullJitter: fields.oneOf('JitterStrategy', ['FULL', 'NONE']) === 'FULL',
  };
}

function backoffRateOf(fields: Fields): number {
  const rate = fields.get('BackoffRate') ?? 2;
  if (typeof rate === 'number' && rate >= 1) return rate;
  fields.issue('BackoffRate', `BackoffRate is ${describe(rate)}`, 'Write a number of at least 1.0.');
  return 2;
}

function compileCatcher(fields: Fields, isLast: boolean, context: CompileContext): Catcher {
  fields.allow(['ErrorEquals', 'Next', 'Output', 'Assign', 'Comment']);
  fields.comment();
  return {
    errorEquals: errorEqualsOf(fields, isLast),
    next: fields.text('Next', { required: true }),
    output: compileField(fields, 'Output', ['errorOutput']),
    assign: assignOf(fields, context, ['errorOutput']),
  };
}

function errorEqualsOf(fields: Fields, isLast: boolean): string[] {
  const names = fields.get('ErrorEquals');
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    const what = names === undefined ? 'missing' : describe(names);
    fields.issue('ErrorEquals', `ErrorEquals is ${what}`, 'Write an array of at least one error name.');
    return [];
  }
  if (names.includes('States.ALL') && (names.length > 1 || !isLast))
    fields.issue(
      'ErrorEquals',
      'States.ALL stands with others',
      'Give States.ALL an entry of its own and make that the last.',
    );
  return names;
}

/** The wait before the retry that follows `retriesBefore` others, in milliseconds; `random` is in [0, 1). */
export function retryDelayMs(retrier: Retrier, retriesBefore: number, random: number): number {
  const grown = retrier.intervalSeconds * retrier.backoffRate ** retriesBefore;
  const seconds = Math.min(grown, retrier.maxDelaySeconds ?? delaySecondsMax);
  return Math.round(seconds * 1000 * (retrier.fullJitter ? random : 1));
}

/** Runs a state's attempt under its Retry and Catch. */
function guarded(handlers: Handlers, frame: Frame, attempt: () => MaybePromise<Step>): MaybePromise<Step> {
  if (handlers.retriers.length === 0 && handlers.catchers.length === 0) return attempt();
  try {
    const step = attempt();
    return step instanceof Promise ? step.catch((error) => recover(handlers, frame, attempt, error)) : step;
  } catch (error) {
    return recover(handlers, frame, attempt, error);
  }
}

async function recover(
  { retriers, catchers }: Handlers,
  frame: Frame,
  attempt: () => MaybePromise<Step>,
  first: unknown,
): Promise<Step> {
  const retries = new Map<Retrier, number>();
  for (let thrown = first; ; ) {
    if (thrown instanceof Cancelled) throw thrown;
    const failure = failureOf(thrown);
    const retrier = retriers.find(({ errorEquals }) => matchesError(errorEquals, failure.error));
    const before = retrier === undefined ? 0 : (retries.get(retrier) ?? 0);
    if (retrier === undefined || before >= retrier.maxAttempts) return fallBack(catchers, frame, failure);
    retries.set(retrier, before + 1);
    const random = retrier.fullJitter ? frame.run.random.next() : 0;
    await frame.scope.sleep(retryDelayMs(retrier, before, random));
    frame.retry();
    try {
      return await attempt();
    } catch (error) {
      thrown = error;
    }
  }
}

function fallBack(catchers: Catcher[], frame: Frame, failure: StateFailure): MaybePromise<Step> {
  const catcher = catchers.find(({ errorEquals }) => matchesError(errorEquals, failure.error));
  if (catcher === undefined) throw failure;
  const errorOutput: JsonObject = { Error: failure.error ?? '', Cause: failure.cause ?? '' };
  frame.errorOutput = errorOutput;
  return complete(frame, catcher, errorOutput);
}

/** A state that runs under its Retry and Catch. */
export function guardedState(
  name: string,
  handlers: Handlers,
  next: string | undefined,
  attempt: (frame: Frame) => Promise<Step>,
): State {
  const targets = [next, ...handlers.catchers.map((catcher) => catcher.next)];
  return {
    name,
    targets: targets.filter((target) => target !== undefined),
    run: (frame) => guarded(handlers, frame, () => attempt(frame)),
  };
}
