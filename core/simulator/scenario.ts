/** What `holdfast simulate` runs: nodes, how the links between them really are, and what is sent. */
import * as z from 'zod';
import { parse } from '../api/parse.ts';
import { InvalidRequest } from '../api/problem.ts';
import { parseInstant } from '../api/instant.ts';
import { positionSchema } from '../network/network-schema.ts';
import { CHANNELS, NODE_KINDS } from '../node/node.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { readDocument } from '../workflow/document.ts';
import { parseDuration } from '../workflow/duration.ts';
import { Issues } from '../workflow/issues.ts';

export const SCENARIO_LIMITS = {
  nodes: 50,
  links: 500,
  bundles: 20_000,
  forMs: 7 * 86_400_000,
  sizeBytes: 16 << 20,
} as const;

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
const end = z.string().min(1).max(100);
const file = z.string().min(1).max(1000);
const rateBitsPerSecond = z.number().min(1).max(1e12);
const DURATION = 'a duration such as 90s, 30m or 6h';
const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: DURATION });
  return z.NEVER;
});
const instant = z.string().transform((text, context) => {
  const ms = parseInstant(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'an instant such as 2026-11-21T08:00:00Z' });
  return z.NEVER;
});

const spanSchema = z
  .strictObject({ from: duration, to: duration })
  .refine(({ from, to }) => from < to, 'an outage that ends after it begins');

const linkSchema = z.strictObject({
  from: end,
  to: end,
  channel: z.enum(CHANNELS).default('primary'),
  rateBitsPerSecond,
  delayMs: z.number().min(0).max(1e9).default(0),
  jitterMs: z.number().min(0).max(1e9).default(0),
  lossRatio: z.number().min(0).max(0.99).default(0),
  /** Also back, with the same profile. */
  bothWays: z.boolean().default(true),
  /** From the start of the simulation. Not announced: nodes find out. */
  outages: z.array(spanSchema).max(1000).default([]),
  /** Packet delivery trace as mahimahi has it. */
  rateTrace: file.optional(),
  /** CSV of round-trip times. */
  delayTrace: file.optional(),
});

const trafficSchema = z.strictObject({
  from: end,
  to: end,
  sizeBytes: z.int().min(8).max(SCENARIO_LIMITS.sizeBytes),
  precedence: z.enum(PRECEDENCES).default('routine'),
  lifetime: duration.default(86_400_000),
  at: duration.default(0),
  /** Between two of `count`. */
  every: duration.default(60_000),
  count: z.int().min(1).max(SCENARIO_LIMITS.bundles).default(1),
});

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(200).default('simulation'),
  starts: instant.default(Date.UTC(2026, 0, 1)),
  for: duration.refine((ms) => ms > 0 && ms <= SCENARIO_LIMITS.forMs, 'a duration of at most 7d'),
  nodes: z
    .array(
      z.strictObject({ id, kind: z.enum(NODE_KINDS).default('edge'), position: positionSchema.optional() }),
    )
    .min(1)
    .max(SCENARIO_LIMITS.nodes),
  links: z.array(linkSchema).max(SCENARIO_LIMITS.links).default([]),
  plans: z
    .array(z.strictObject({ name: id, file }))
    .max(10)
    .default([]),
  satellites: z
    .array(
      z.strictObject({
        name: id,
        file,
        minElevationDegrees: z.number().min(0).max(89).default(10),
        rateBitsPerSecond,
      }),
    )
    .max(10)
    .default([]),
  traffic: z.array(trafficSchema).min(1).max(1000),
});

export type Scenario = z.output<typeof scenarioSchema>;

/** Errors: `InvalidRequest`, with line or with index and field. */
export function parseScenario(text: string, format: 'json' | 'yaml' | undefined, name: string): Scenario {
  const issues = new Issues();
  const { value, locate } = readDocument(text, format, issues);
  if (!issues.isEmpty) throw new InvalidRequest(name, issues.list(locate));
  const scenario = parse(scenarioSchema, value, name);
  const wrong = contradictions(scenario);
  if (wrong.length > 0) throw new InvalidRequest(name, wrong);
  return scenario;
}

/** The files that it names, each once. */
export const filesOf = ({ links, plans, satellites }: Scenario): string[] => [
  ...new Set([
    ...links.flatMap(({ rateTrace, delayTrace }) =>
      [rateTrace, delayTrace].filter((one) => one !== undefined),
    ),
    ...[...plans, ...satellites].map((one) => one.file),
  ]),
];

function contradictions({ nodes, links, traffic, plans, satellites }: Scenario) {
  const ids = nodes.map((node) => node.id);
  const known = new Set(ids);
  // Plans and element sets bring nodes of their own.
  const isOpen = plans.length + satellites.length > 0;
  const unknown = (path: string, node: string) =>
    known.has(node) || isOpen
      ? []
      : [{ path, message: `There is no node "${node}".`, fix: `Use one of: ${ids.join(', ')}.` }];
  const pairs = new Map<string, number>();
  const twice = links.flatMap(({ from, to, channel, bothWays }, at) =>
    [[from, to], ...(bothWays ? [[to, from]] : [])].flatMap((ends) => {
      const key = JSON.stringify([...ends, channel]);
      const before = pairs.get(key);
      pairs.set(key, at);
      const message = `links[${before}] leads from "${ends[0]}" to "${ends[1]}" over ${channel} already.`;
      const fix = 'Keep one of the two, or say bothWays: false.';
      return before === undefined ? [] : [{ path: `links[${at}]`, message, fix }];
    }),
  );
  const bundles = traffic.reduce((sum, { count }) => sum + count, 0);
  return [
    ...ids.flatMap((node, at) =>
      ids.indexOf(node) === at
        ? []
        : [
            {
              path: `nodes[${at}].id`,
              message: `"${node}" is there twice.`,
              fix: 'Give each an id of its own.',
            },
          ],
    ),
    ...links.flatMap(({ from, to }, at) => [
      ...unknown(`links[${at}].from`, from),
      ...unknown(`links[${at}].to`, to),
      ...(from === to
        ? [{ path: `links[${at}].to`, message: 'The link leads to where it begins.', fix: 'Name two nodes.' }]
        : []),
    ]),
    ...twice,
    ...traffic.flatMap(({ from, to }, at) => [
      ...unknown(`traffic[${at}].from`, from),
      ...unknown(`traffic[${at}].to`, to),
    ]),
    ...(bundles > SCENARIO_LIMITS.bundles
      ? [
          {
            path: 'traffic',
            message: `It sends ${bundles} bundles.`,
            fix: `Send at most ${SCENARIO_LIMITS.bundles}.`,
          },
        ]
      : []),
  ];
}
