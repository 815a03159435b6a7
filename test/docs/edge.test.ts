/** What docs/edge.md says is asked of the real host, and its numbers are those of the code. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JoinedView } from '../../core/api/network-schemas.ts';
import { createProgram } from '../../cli/program.ts';
import { JOIN_TOKEN_MS } from '../../core/api/enrolment.ts';
import { LINK_STATUSES } from '../../core/link-health/state.ts';
import { STALE_MS } from '../../core/network/fresh.ts';
import { CHUNK_BYTES } from '../../core/node/chunks.ts';
import { FRAME_BYTES_MAX, FRAME_TYPES } from '../../core/node/frames.ts';
import { REPORT_MS } from '../../core/node/link-monitor.ts';
import { CHANNELS, CONDITIONS, NODE_KINDS } from '../../core/node/node.ts';
import { type EmbeddedHost, openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { MQTT_LIMITS } from '../../embedded/mqtt.ts';
import { GUARD_LIMITS } from '../../embedded/mqtt-guard.ts';
import { blocksOf, read, sectionOf } from './documents.ts';

const DOCUMENT = 'docs/edge.md';
const text = read(DOCUMENT);
const examples = blocksOf(DOCUMENT)
  .filter(({ language }) => language === 'json')
  .map((block) => JSON.parse(block.text) as Record<string, unknown>);

let host: EmbeddedHost;
beforeAll(async () => {
  host = await openHost({ dataDir: ':memory:', port: 0, logger: createLogger('silent') });
});
afterAll(() => host.close());

test('a node that sends what is shown is answered as is shown', async () => {
  const [request, answer] = examples as [object, JoinedView];
  const response = await fetch(`${host.url}/join`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...request, token: undefined }),
  });
  const came = (await response.json()) as JoinedView;
  expect(response.status).toBe(201);
  const { credentials, ...rest } = came;
  expect(rest).toEqual({ hub: answer.hub, links: answer.links });
  expect(Object.keys(credentials).sort()).toEqual(Object.keys(answer.credentials).sort());
  expect(credentials.nodeId).toBe(answer.credentials.nodeId);
  expect(new URL(credentials.brokerUrl).pathname).toBe(new URL(answer.credentials.brokerUrl).pathname);
});

test('every option of the command is told, and no other', () => {
  const [command] = createProgram({ version: '0' } as never, () => {}).commands.filter(
    (one) => one.name() === 'edge',
  );
  const told = [...sectionOf(DOCUMENT, 'Running one').matchAll(/^\| (`.*?) \|/gm)]
    .flatMap(([, cell]) => cell!.match(/--[a-z-]+/g) ?? [])
    .sort();
  const asOfAny = ['--json', '--log-level'];
  const known = command!.options.map(({ long }) => long!).filter((long) => !asOfAny.includes(long));
  expect(told).toEqual(known.sort());
});

test('types of frames are told in their order, with their numbers', () => {
  const rows = [...text.matchAll(/^\| (\d) \| `(\w+)` \|/gm)].map(([, number, type]) => [
    Number(number),
    type,
  ]);
  expect(rows).toEqual(FRAME_TYPES.map((type, number) => [number, type]));
});

test('lists are in the order of the code', () => {
  const list = (names: readonly string[]) => names.map((name) => `\`${name}\``);
  expect(text).toContain(list(CHANNELS).join(', '));
  expect(text).toContain(list(LINK_STATUSES).join(', '));
  expect(text).toContain(list(NODE_KINDS).join(', '));
  for (const condition of CONDITIONS) expect(text).toContain(`\`${condition}\``);
});

test('numbers are those that hold', () => {
  expect(text).toContain(`at most ${FRAME_BYTES_MAX.toLocaleString('en')} bytes`);
  expect(text).toContain(`more than ${CHUNK_BYTES.toLocaleString('en')} bytes`);
  expect(text).toContain(`within ${JOIN_TOKEN_MS / 60_000} minutes`);
  expect(text).toContain(`every ${REPORT_MS / 1000} seconds`);
  expect(text).toContain(`for ${STALE_MS / 1000} seconds`);
  const { burstPackets, packetsPerSecond } = GUARD_LIMITS;
  expect(text).toContain(
    `${burstPackets.toLocaleString('en')} packets at once and ${packetsPerSecond} a second`,
  );
  expect(text).toContain(`while ${MQTT_LIMITS.unacknowledgedMax} frames are`);
  expect(text).toContain(`1 to ${MQTT_LIMITS.keepAliveSecondsMax} s`);
});
