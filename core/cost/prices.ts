/**
 * What AWS asks for in us-east-1, list prices without free tiers, discounts or volume tiers: the first tier is the dearest one.
 * A price that has changed is changed here, with the date.
 */

/** When the table was last gone through. */
export const PRICES_DATE = '2026-11-21';
export const PRICES_REGION = 'us-east-1';

export interface Price {
  service: string;
  /** What is counted. */
  unit: string;
  /** Dollars for `per` units. */
  usd: number;
  per: number;
  /** The page that says so. */
  source: string;
}

const MILLION = 1_000_000;

const page = (product: string): string => `https://aws.amazon.com/${product}/pricing/`;

/** A price list of one service. */
const of =
  (service: string, source: string) =>
  (unit: string, usd: number, per = 1): Price => ({ service, unit, usd, per, source });

const stepFunctions = of('Step Functions', page('step-functions'));
const lambda = of('Lambda', page('lambda'));
// On demand, after the cut of November 2024.
const dynamoDb = of('DynamoDB', 'https://aws.amazon.com/dynamodb/pricing/on-demand/');
const apiGateway = of('API Gateway', page('api-gateway'));
const eventBridge = of('EventBridge', page('eventbridge'));
const sqs = of('SQS', page('sqs'));
const s3 = of('S3', page('s3'));
const cloudWatch = of('CloudWatch', page('cloudwatch'));
const kms = of('KMS', page('kms'));
const transfer = of('Data transfer', 'https://aws.amazon.com/ec2/pricing/on-demand/');

export const PRICES = {
  /** Standard workflows. */
  transitions: stepFunctions('state transitions', 25, MILLION),
  expressRequests: stepFunctions('Express requests', 1, MILLION),
  /** 64 MB at a time, 100 ms at a time. */
  expressGbSeconds: stepFunctions('Express GB-seconds', 0.00001667),

  lambdaRequests: lambda('requests', 0.2, MILLION),
  /** arm64, by the millisecond; starting up counts, too. */
  lambdaGbSeconds: lambda('GB-seconds, arm64', 0.0000133334),

  /** 1 KB each. */
  writeUnits: dynamoDb('write request units', 0.625, MILLION),
  /** 4 KB each, strongly consistent; half of one otherwise. */
  readUnits: dynamoDb('read request units', 0.125, MILLION),
  /** What Lambda's triggers read of a stream is free. */
  tableGbMonths: dynamoDb('GB-months', 0.25),
  backupGbMonths: dynamoDb('GB-months of point-in-time recovery', 0.2),

  /** HTTP API, 512 KB each. */
  httpRequests: apiGateway('HTTP API requests', 1, MILLION),
  /** 32 KB each. */
  socketMessages: apiGateway('WebSocket messages', 1, MILLION),
  socketMinutes: apiGateway('WebSocket connection minutes', 0.25, MILLION),

  /** 64 KB each; rules, scheduled or not, and delivery within the account are free. */
  busEvents: eventBridge('custom events', 1, MILLION),
  /** Of Scheduler, once each; making and deleting them is free. */
  schedules: eventBridge('scheduled invocations', 1, MILLION),
  /** 64 KB each. */
  queueRequests: sqs('standard requests', 0.4, MILLION),
  fifoRequests: sqs('FIFO requests', 0.5, MILLION),

  s3Puts: s3('PUT requests', 0.005, 1000),
  s3Gets: s3('GET requests', 0.0004, 1000),
  s3GbMonths: s3('GB-months', 0.023),

  logGb: cloudWatch('GB of logs', 0.5),
  logGbMonths: cloudWatch('GB-months of logs', 0.03),
  metricMonths: cloudWatch('custom metrics a month', 0.3),
  alarmMonths: cloudWatch('alarms a month', 0.1),
  dashboardMonths: cloudWatch('dashboards a month', 3),

  kmsRequests: kms('requests', 0.03, 10_000),
  keyMonths: kms('keys a month', 1),

  /** To the internet. */
  egressGb: transfer('GB to the internet', 0.09),
} as const satisfies Record<string, Price>;

export type UnitName = keyof typeof PRICES;

/** Dollars for one unit. */
export const usdEach = (unit: UnitName): number => PRICES[unit].usd / PRICES[unit].per;
