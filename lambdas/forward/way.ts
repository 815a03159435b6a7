/** Which way a bundle goes next, and when. */
import type { Way } from '../../core/custody/channels.ts';
import { lookAgainMs } from '../../core/custody/patience.ts';
import type { Transfer, TransferHop } from '../../core/custody/transfer.ts';
import { NotFound } from '../../core/errors.ts';
import type { Parcel } from '../../core/failover/failover.ts';
import type { NetworkHop, RouteAnswer, RouteQuestion } from '../../core/network/view.ts';
import { type Channel, CHANNELS } from '../../core/node/node.ts';
import type { ForwardPorts } from './ports.ts';

export type NextWay =
  | { kind: 'send'; to: string; ways: Way[]; reason: string }
  /** In the contact of the hop, which is on or begins then. */
  | { kind: 'book'; hop: Required<TransferHop>; reason: string }
  | { kind: 'wait'; untilMs: number; reason: string };

/** Enough of a bundle to be worth a contact: the rest of it goes in another. */
const FRAGMENT_BYTES_MIN = 2048;
/** First hops that are tried besides the best. */
const ALTERNATIVES = 4;
/** Where the best leads back: several ways there may come before the first that leads on. */
const ALTERNATIVES_TO_BACK = 16;

export interface Asked {
  /** From when on it may leave. @default now */
  atMs?: number;
  /** What it was sent over last, in vain. */
  failed?: { to: string; channel: Channel };
}

export async function nextWay(ports: ForwardPorts, transfer: Transfer, asked: Asked = {}): Promise<NextWay> {
  const nowMs = ports.clock.now();
  const { hops, reason } = await firstHops(ports, transfer, asked.atMs);
  const later = asked.atMs !== undefined && asked.atMs > nowMs;
  let waits: (NextWay & { kind: 'wait' }) | undefined;
  for (const { hop, arrivalMs } of hops) {
    // Over a better way it has its next turn before it would be there over this one.
    if (waits !== undefined && waits.untilMs < arrivalMs) continue;
    const next = later ? undefined : await overChannels(ports, transfer, hop.to, asked);
    if (next !== undefined && next.kind !== 'wait') return next;
    waits ??= next;
    if (waits !== undefined && waits.untilMs < arrivalMs) continue;
    if (hop.closesMs !== undefined && (next === undefined || hop.departMs > nowMs))
      return { kind: 'book', hop: bookingOf(hop), reason: bookedBecause(hop, nowMs) };
  }
  if (waits !== undefined) return waits;
  const resort = hops.length === 0 && !later ? await lastResort(ports, transfer) : undefined;
  if (resort?.kind === 'send') return resort;
  // A turn over a channel that is believed down comes sooner than it would look again by itself.
  const untilMs = Math.min(resort?.untilMs ?? Infinity, lookAgainMs(transfer, nowMs, ports.random));
  return { kind: 'wait', untilMs, reason: reason ?? 'no channel to the next node works' };
}

/**
 * The best first, each to another neighbour. Back only where nothing leads on: who sent it knows its own links better than this
 * node does, and two that think the other's way the shorter would hand it to and fro until it may hop no more.
 */
async function firstHops(ports: ForwardPorts, transfer: Transfer, atMs?: number) {
  const { network, node, booked } = ports;
  const { destination, precedence, sizeBytes, from: cameFrom } = transfer;
  const question = { from: node, to: destination, precedence, ...(atMs !== undefined && { atMs }) };
  const ask = async (alternatives: number) => {
    const alone = await askFor(network, { ...question, alternatives }, sizeBytes);
    const inContacts = hopsOf(alone).filter(({ closesMs }) => closesMs !== undefined);
    if (booked === undefined || inContacts.length === 0) return alone;
    const taken = await booked.besides(
      transfer.bundleId,
      inContacts.map(({ to }) => to),
    );
    if (taken.length === 0) return alone;
    const answer = await withRoom(network, { ...question, alternatives, taken }, sizeBytes);
    return answer.route === undefined ? alone : answer;
  };
  try {
    let answer = await ask(ALTERNATIVES);
    if (answer.route?.hops[0]?.to === cameFrom) answer = await ask(ALTERNATIVES_TO_BACK);
    const routes = answer.route === undefined ? [] : [answer.route, ...answer.alternatives];
    const hops = new Map<string, { hop: NetworkHop; arrivalMs: number }>();
    for (const {
      hops: [hop],
      arrivalMs,
    } of routes)
      if (hop !== undefined && !hops.has(hop.to)) hops.set(hop.to, { hop, arrivalMs });
    if (cameFrom !== undefined && hops.size > 1) hops.delete(cameFrom);
    return { hops: [...hops.values()], reason: answer.reason };
  } catch (error) {
    if (error instanceof NotFound) return { hops: [], reason: error.message };
    throw error;
  }
}

/** For the whole, or else for enough of it to be worth a contact. */
async function askFor(
  network: ForwardPorts['network'],
  question: RouteQuestion,
  sizeBytes: number,
): Promise<RouteAnswer> {
  const whole = await network.routes({ ...question, sizeBytes });
  if (whole.route !== undefined || sizeBytes <= FRAGMENT_BYTES_MIN) return whole;
  return network.routes({ ...question, sizeBytes: FRAGMENT_BYTES_MIN });
}

/** A part goes in what is left of a contact that is over before the whole could leave: no volume is lost. */
async function withRoom(
  network: ForwardPorts['network'],
  question: RouteQuestion,
  sizeBytes: number,
): Promise<RouteAnswer> {
  const whole = await network.routes({ ...question, sizeBytes });
  if (sizeBytes <= FRAGMENT_BYTES_MIN) return whole;
  const part = await network.routes({ ...question, sizeBytes: FRAGMENT_BYTES_MIN });
  const { closesMs = Infinity } = part.route?.hops[0] ?? {};
  return closesMs <= (whole.route?.hops[0]?.departMs ?? Infinity) ? part : whole;
}

const hopsOf = ({ route, alternatives }: RouteAnswer): NetworkHop[] =>
  [...(route ? [route] : []), ...alternatives].flatMap(({ hops }) => hops[0] ?? []);

/** Each channel that works has its turn before any has its second; then it waits, for longer with each round. */
async function overChannels(
  { channels, clock }: ForwardPorts,
  transfer: Transfer,
  to: string,
  { failed }: Asked,
): Promise<NextWay | undefined> {
  const parcel = parcelOf(transfer);
  const tried = new Set<Channel>();
  const turns: { ways: Way[]; reason: string }[] = [];
  while (turns.length < CHANNELS.length) {
    // One by one, until the first has failed.
    const isRepeat = transfer.attempt > 1 || (transfer.attempt === 1 && turns.length > 0);
    const turn = await channels.choose(to, parcel, tried, isRepeat);
    const [first] = turn.ways;
    if (first === undefined) break;
    // It is booked for a contact alone: what is booked is not under way elsewhere.
    const ways = first.closesMs === undefined ? turn.ways : [first];
    turns.push({ ...turn, ways });
    for (const { channel } of ways) tried.add(channel);
  }
  if (turns.length === 0) return undefined;
  const last =
    failed?.to === to
      ? turns.findIndex(({ ways }) => ways.some(({ channel }) => channel === failed.channel))
      : -1;
  const turn = turns[last + 1];
  if (turn === undefined) {
    const rounds = Math.ceil(transfer.attempt / turns.length);
    const untilMs = channels.nextRoundMs(to, parcel, rounds);
    return { kind: 'wait', untilMs, reason: `${to} acknowledged it over no channel that works` };
  }
  const [{ closesMs, link, channel }] = turn.ways as [Way];
  const reason = `to ${to} over ${turn.reason}`;
  if (closesMs === undefined) return { kind: 'send', to, ways: turn.ways, reason };
  return { kind: 'book', hop: { to, link, channel, departMs: clock.now(), closesMs }, reason };
}

async function lastResort(
  ports: ForwardPorts,
  transfer: Transfer,
): Promise<NextWay & { kind: 'send' | 'wait' }> {
  const { destination: to } = transfer;
  const { ways, reason, waitUntilMs = Infinity } = await ports.channels.resort(to, parcelOf(transfer));
  if (ways.length === 0) return { kind: 'wait', untilMs: waitUntilMs, reason };
  return { kind: 'send', to, ways, reason: `to ${to} over ${reason}` };
}

const parcelOf = ({ precedence, sizeBytes, expiresMs }: Transfer): Parcel => ({
  precedence,
  sizeBytes,
  expiresAtMs: expiresMs,
});

const bookingOf = ({ to, link, channel, departMs, closesMs }: NetworkHop): Required<TransferHop> => ({
  to,
  link,
  channel,
  departMs,
  closesMs: closesMs!,
});

const bookedBecause = ({ to, link, departMs }: NetworkHop, nowMs: number): string =>
  departMs > nowMs
    ? `booked for ${link} to ${to} at ${new Date(departMs).toISOString()}`
    : `booked for ${link} to ${to}, which is on`;
