/** Two processes of a host that share what is remembered of channels, and nothing else. */
import { beforeEach, describe, expect, test } from 'vitest';
import { NeighbourChannels } from '../../../core/custody/channels.ts';
import type { FailoverMemory, Parcel } from '../../../core/failover/failover.ts';
import { linkState, type LinkStatus } from '../../../core/link-health/state.ts';
import { NOTHING_REGISTERED, type NetworkLink } from '../../../core/network/network.ts';
import type { MeasuredLink } from '../../../core/ports/network-store.ts';
import type { FailoverMemories, KeptMemory, Switch } from '../../../core/ports/failover-memories.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';

const PARCEL: Parcel = { precedence: 'routine', sizeBytes: 1000, expiresAtMs: Infinity };

const link = (channel: NetworkLink['channel']): NetworkLink => ({
  id: channel,
  from: 'hub',
  to: 'edge',
  channel,
  rateBitsPerSecond: 1e6,
  delayMs: 50,
});

class SharedMemories implements FailoverMemories {
  readonly switches: Switch[] = [];
  puts = 0;
  #kept: KeptMemory | undefined;

  get(): Promise<KeptMemory | undefined> {
    return Promise.resolve(this.#kept && structuredClone(this.#kept));
  }

  put(_: string, memory: FailoverMemory, switches: readonly Switch[], version: number) {
    if (version !== (this.#kept?.version ?? 0)) return Promise.resolve(undefined);
    this.puts++;
    this.switches.push(...switches);
    this.#kept = { version: version + 1, memory: structuredClone(memory) };
    return Promise.resolve(version + 1);
  }
}

let nowMs: number;
let links: NetworkLink[];
let states: MeasuredLink[];
let memories: SharedMemories;
const decided: string[] = [];

beforeEach(() => {
  nowMs = 1_700_000_000_000;
  links = [link('primary'), link('satellite')];
  states = [];
  memories = new SharedMemories();
  decided.length = 0;
  measure('primary', 'up');
  measure('satellite', 'up');
});

function measure(linkId: string, status: LinkStatus): void {
  states = [...states.filter((one) => one.linkId !== linkId), { ...linkState(status), linkId, atMs: nowMs }];
}

/** As a process that begins now. */
function open(name: string): NeighbourChannels {
  return new NeighbourChannels({
    node: 'hub',
    view: {
      registered: async () => ({ ...NOTHING_REGISTERED, version: 1, links }),
      contacts: async () => ({ contacts: [] }) as never,
    },
    network: { linkStates: async () => states },
    clock: { now: () => nowMs, sleep: () => Promise.resolve() } as never,
    random: new SeededRandom(1),
    decided: (_, { kind, from, to }) => void decided.push(`${name}: ${kind} ${from ?? ''} ${to ?? ''}`),
    memories,
  });
}

const channelOf = async (channels: NeighbourChannels) =>
  (await channels.choose('edge', PARCEL, new Set())).ways.map(({ channel }) => channel);

describe('processes that share what they remember', () => {
  test('decide on a switch once, whichever of them sees the reason first', async () => {
    const [one, two] = [open('one'), open('two')];
    expect(await channelOf(one)).toEqual(['primary']);
    expect(await channelOf(two)).toEqual(['primary']);
    nowMs += 1000;
    measure('primary', 'down');
    expect(await channelOf(two)).toEqual(['satellite']);
    expect(await channelOf(one)).toEqual(['satellite']);
    expect(await channelOf(open('three'))).toEqual(['satellite']);
    expect(decided).toEqual(['one: start  primary', 'two: failover primary satellite']);
    expect(memories.switches).toEqual([{ kind: 'failover', from: 'primary', to: 'satellite' }]);
  });

  test('decide once also side by side', async () => {
    const all = ['one', 'two', 'three'].map(open);
    await Promise.all(all.map(channelOf));
    nowMs += 1000;
    measure('primary', 'down');
    expect(await Promise.all([...all, ...all].map(channelOf))).toEqual(
      Array.from({ length: 6 }, () => ['satellite']),
    );
    expect(memories.switches).toHaveLength(1);
    expect(decided.map((line) => line.split(': ')[1])).toEqual([
      'start  primary',
      'failover primary satellite',
    ]);
  });

  test('return to a channel once it has worked for its dwell, though none of them saw all of it', async () => {
    await channelOf(open('one'));
    measure('primary', 'down');
    await channelOf(open('two'));
    nowMs += 10_000;
    measure('primary', 'up');
    measure('satellite', 'up');
    expect(await channelOf(open('three'))).toEqual(['satellite']);
    nowMs += 29_000;
    measure('primary', 'up');
    measure('satellite', 'up');
    expect(await channelOf(open('four'))).toEqual(['satellite']);
    nowMs += 1000;
    expect(await channelOf(open('five'))).toEqual(['primary']);
    expect(memories.switches.map(({ kind }) => kind)).toEqual(['failover', 'return']);
  });

  test('write nothing for as long as nothing happens', async () => {
    for (const name of ['one', 'two', 'three']) await channelOf(open(name));
    const before = memories.puts;
    nowMs += 5000;
    measure('primary', 'suspect');
    measure('primary', 'up');
    for (const name of ['four', 'five']) await channelOf(open(name));
    expect(memories.puts).toBe(before);
  });

  test('choose no channel that is remembered, and no more registered', async () => {
    await channelOf(open('one'));
    links = [link('satellite')];
    expect(await channelOf(open('two'))).toEqual(['satellite']);
  });
});
