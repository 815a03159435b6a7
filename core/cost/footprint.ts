/**
 * What the parts of the AWS host take: the constants of the cost model, each with where it comes from. Where nothing is known for
 * certain, the dearer assumption stands. `test/cost` holds those that repeat what the stack or the adapters say against them.
 */
import { AWS_TASK_DEFAULTS } from '../task/aws-options.ts';

/** The functions, with their memory in MB as `lib/capabilities.ts` deploys them. */
export const FUNCTION_MEMORY_MB = {
  api: 512,
  admit: 256,
  seed: 1024,
  await: 256,
  mend: 512,
  settle: 1024,
  route: 256,
  run: AWS_TASK_DEFAULTS.memoryMb,
  complete: 256,
  heal: 256,
  park: 256,
  remind: 256,
  dispatch: 256,
  report: 512,
} as const;

export type FunctionName = keyof typeof FUNCTION_MEMORY_MB;

/** Memory that buys a whole virtual CPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const CPU_MEMORY_MB = 1769;
/** A DynamoDB, Step Functions or EventBridge call within the region, until its answer is there: single-digit milliseconds. */
const REQUEST_WAIT_MS = 5;
/** Processor time of a call through the AWS SDK: 0.5 to 1 ms, measured against a server in memory. */
const REQUEST_CPU_MS = 0.75;
/** Processor time of a handler beside its calls: reading and checking the payload, compiled expressions, the answer. */
const HANDLER_CPU_MS = 1;
/** Starting an environment: about 350 ms for a bundle of 400 KB, billed since August 2025; fewer than one call in a hundred meets it. */
const START_MS = 350;
const START_SHARE = 0.01;

/** Milliseconds that one call of a function takes which makes `requests` calls of its own, one after another. */
export function functionMs(memoryMb: number, requests: number): number {
  const slowdown = Math.max(1, CPU_MEMORY_MB / memoryMb);
  return (HANDLER_CPU_MS + requests * REQUEST_CPU_MS) * slowdown + requests * REQUEST_WAIT_MS;
}

/** Milliseconds billed for a call that runs for `ms`: whole ones, and its share of starting environments. */
export const billedMs = (ms: number): number => Math.ceil(ms) + START_MS * START_SHARE;

/** Between two states that call functions, and for any other state (reported by users of Step Functions). */
export const LAMBDA_STATE_MS = 25;
export const PLAIN_STATE_MS = 4;

/**
 * "A state transition each time a step of your workflow is executed", says the price page, and nothing there or in the guide says
 * whether the steps Start and End count: the dearer reading is that both do.
 */
export const TRANSITIONS_OF_START_AND_END = 2;

/** Express bills 64 MB × 100 ms at a time; definition and payloads of `task.asl.json` stay within the first 64 MB. */
export const EXPRESS_MEMORY_GB = 64 / 1024;
export const EXPRESS_STEP_MS = 100;

/** Times are kept by messages, one after another, each of which reaches so far; beyond that by a schedule that sends the last but one. */
export const TIMER_HOP_MS = 15 * 60_000;
export const UNSCHEDULED_TIMER_MS_MAX = 30 * 60_000;
/** That of the schedule, and the one for what is left then. */
export const MESSAGES_A_SCHEDULE = 2;
/** Sent, received and deleted, as if no other were in its batch. */
export const REQUESTS_A_MESSAGE = 3;

/** Environments of one function at once, by the default quota of an account. */
export const ENVIRONMENTS_MAX = 1000;

/** A read unit and a write unit of the table. */
export const READ_BYTES = 4096;
export const WRITE_BYTES = 1024;

/** Bytes of an item beside what its user puts into it: keys, names and values of the attributes, the write's own mark. */
export const TASK_ITEM_BYTES = 330;
export const META_ITEM_BYTES = 600;
/** A gate, an end, a mark of who waits: small items of the table's own. */
export const SMALL_ITEM_BYTES = 150;
/** One parent's mark on a child, or on a gate. */
export const MARK_BYTES = 6;
/** A task token of Step Functions: some 800 characters, at most 2,048. */
export const TOKEN_BYTES = 800;
/** What DynamoDB adds to each item that it keeps: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export const ITEM_OVERHEAD_BYTES = 100;
/** An entry of an index of executions. */
export const INDEX_ENTRY_BYTES = 250;
/** As `adapters/aws` keeps values: longer ones lie beside their item; text beyond a kilobyte is compressed. */
export const OUTPUT_IN_TASK_BYTES_MAX = 512;
export const VALUE_IN_META_BYTES_MAX = 1024;
export const PLAIN_BYTES_MAX = 1024;
/** Numbers in JSON shrink to about half; what says the same again and again, as definitions and events do, to about a fifth. */
export const VALUES_SHRINK_TO = 0.5;
export const RECORDS_SHRINK_TO = 0.2;

/** Parents that meet on one item; more go through gates of so many each. */
export const GATE_PARENTS = 50;

/** Lambda asks each shard of the table's stream so often: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export const POLL_MS = 250;
/** As `lib/table-stream.ts` has it read: records that tell of events at once, what may have been left by a crash later. */
export const REPORT_BATCH = 100;
export const DISPATCH_BATCH = 1000;
export const DISPATCH_EVERY_MS = 10_000;

/** What a piece of news adds to its events in a segment of the log: its id; and what stands beside them all. */
export const NEWS_ID_BYTES = 30;
export const SEGMENT_BYTES = 350;
/** An entry of the feed: where the segment is, and how many executions and tasks stand how. */
export const FEED_ENTRY_BYTES = 600;

/** A line of the API's access log, and one of a function's metrics (EMF), with the 26 bytes that CloudWatch adds to each. */
export const ACCESS_LOG_BYTES = 450;
export const METRICS_LINE_BYTES = 900;
/** The answer to a start, with its headers. */
export const ANSWER_BYTES = 1500;
