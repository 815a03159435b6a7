/** Bundles: how fast they are made, taken, signed and encrypted, beside other implementations in the same run. */
import { createCipheriv, createHmac } from 'node:crypto';
import { encode as encodeCbor } from 'cborg';
import { type Bundle, newBundle } from '../../core/bundle/bundle.ts';
import { crc32c } from '../../core/bundle/crc.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { fragmentBundle } from '../../core/bundle/fragment.ts';
import { Reassembler } from '../../core/bundle/reassembly.ts';
import { encryptBlocks } from '../../core/bundle/security/confidentiality.ts';
import { addIntegrity, verifyIntegrity } from '../../core/bundle/security/integrity.ts';
import { processorMs } from '../processor.ts';
import { median, round } from '../statistics.ts';
import { compareWithTshark, type Dissection } from './bundle-dissection.ts';
import { sampleBundles } from './bundle-samples.ts';
import type { NetworkOptions } from './network.ts';
import { type Appendix, checkAppendix } from './rfc9173.ts';
import { tsharkVersion } from './tshark.ts';

export interface BundleRate {
  what: string;
  /** A second of processor time, the collector's included, so that a busy machine counts for nothing; median over rounds. */
  perSecond: number;
  /** Of whoever does the same work in the same run. */
  peer?: { what: string; perSecond: number; ratio: number };
  /** To be reached, where there is one. */
  targetPerSecond?: number;
}

export interface BundleBench {
  meetsTargets: boolean;
  rates: BundleRate[];
  /** Undefined without the reference data. */
  rfc9173?: Appendix;
  /** Undefined without tshark. */
  tshark?: Dissection & { version: string };
}

interface Measured extends Pick<BundleRate, 'what' | 'targetPerSecond'> {
  run: (count: number) => void;
  /** Things done in one round. */
  count: number;
  peer?: { what: string; run: (count: number) => void };
}

const PAYLOAD_BYTES = 64;
const KEY = Uint8Array.from({ length: 32 }, (_, place) => place);
const LARGE_BYTES = 1 << 20;

/** The rates, and 10,000 bundles read by tshark; `quick`: few rounds of little, to see that it runs. */
export async function benchBundles({ quick, say }: NetworkOptions): Promise<BundleBench> {
  const rates: BundleRate[] = [];
  for (const measured of measures()) {
    const rate = measure(measured, quick);
    rates.push(rate);
    say(line(rate));
  }
  const result: BundleBench = { meetsTargets: rates.every(isReached), rates };
  const appendix = checkAppendix();
  if (appendix) {
    say(
      `RFC 9173, appendix A: ${appendix.produced} of ${appendix.strings} strings, ${appendix.taken} of ${appendix.cases} bundles opened`,
    );
    result.rfc9173 = appendix;
    result.meetsTargets &&= appendix.findings.length === 0;
  } else say('../shared/data is not there: RFC 9173, appendix A was not checked');
  const version = tsharkVersion();
  if (version) {
    const dissection = compareWithTshark(sampleBundles(quick ? 500 : 10_000));
    const { bundles, malformed, values, findings } = dissection;
    say(
      `tshark read ${bundles} bundles: ${malformed} malformed, ${values} values, ${findings.length} findings`,
    );
    result.tshark = { version, ...dissection };
    result.meetsTargets &&= malformed === 0 && findings.length === 0;
  } else say('tshark is not on the path: nobody else read the bundles');
  return result;
}

const isReached = ({ perSecond, targetPerSecond = 0 }: BundleRate): boolean => perSecond >= targetPerSecond;

function measures(): Measured[] {
  const signed = addIntegrity(small(1), { targets: [1], source: 'ipn:1.0', key: KEY, bits: 512 });
  const encoded = encodeBundle(small(1));
  const items = cborItems(small(1));
  const text = new Uint8Array(120).fill(7);
  return [
    {
      what: 'small bundles encoded',
      targetPerSecond: 300_000,
      count: 100_000,
      run: each((sequence) => encodeBundle(small(sequence))),
      peer: { what: 'cborg, the same items without CRCs', run: each(() => encodeCbor(items)) },
    },
    {
      what: 'small bundles decoded',
      targetPerSecond: 300_000,
      count: 100_000,
      run: each(() => decodeBundle(encoded)),
    },
    {
      what: 'bundles signed (BIB-HMAC-SHA2 512)',
      targetPerSecond: 25_000,
      count: 10_000,
      run: each((sequence) =>
        addIntegrity(small(sequence), { targets: [1], source: 'ipn:1.0', key: KEY, bits: 512 }),
      ),
      peer: { what: "Node's HMAC alone", run: each(() => createHmac('sha512', KEY).update(text).digest()) },
    },
    {
      what: 'bundles verified (BIB-HMAC-SHA2 512)',
      targetPerSecond: 25_000,
      count: 10_000,
      run: each(() => verifyIntegrity(signed, { keyOf: () => KEY, required: [1] })),
    },
    {
      what: 'bundles encrypted (BCB-AES-GCM 256)',
      count: 2000,
      run: each((sequence) =>
        encryptBlocks(small(sequence), { ...SECRET, targets: [{ number: 1, iv: ivOf(sequence) }] }),
      ),
      peer: { what: "Node's AES-GCM alone", run: each((sequence) => sealWithNode(ivOf(sequence), text)) },
    },
    { what: 'MiB through CRC-32C', count: 100, run: each(() => crc32c(LARGE)) },
    { what: 'MiB split into 4 KiB and put together', count: 20, run: each(splitAndJoin) },
  ];
}

const LARGE = new Uint8Array(LARGE_BYTES).fill(3);
const SECRET = { source: 'ipn:1.0', key: KEY };

const small = (sequence: number): Bundle =>
  newBundle({
    source: 'ipn:1.1',
    destination: 'ipn:2.1',
    creation: { dtnMs: 840_000_000_000, sequence },
    lifetimeMs: 3_600_000,
    payload: SMALL,
  });
const SMALL = new Uint8Array(PAYLOAD_BYTES).fill(7);

const cborItems = ({ primary, blocks }: Bundle): unknown[] => [
  [7, primary.flags, 0, [2, [2, 1]], [2, [1, 1]], [1, 0], [primary.creation.dtnMs, 1], primary.lifetimeMs],
  ...blocks.map(({ type, number, flags, data }) => [type, number, flags, 0, data]),
];

const ivOf = (sequence: number): Uint8Array => {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(8, sequence);
  return iv;
};

function sealWithNode(iv: Uint8Array, text: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', KEY, iv);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function splitAndJoin(): void {
  const nowMs = Date.UTC(2026, 9, 1);
  const whole = newBundle({
    source: 'ipn:1.1',
    destination: 'ipn:2.1',
    creation: { dtnMs: 840_000_000_000, sequence: 1 },
    lifetimeMs: Number.MAX_SAFE_INTEGER - 840_000_000_000,
    payload: LARGE,
  });
  const limit = LARGE_BYTES * 2;
  const reassembler = new Reassembler({ wholeBytesMax: limit, sourceBytesMax: limit, heldBytesMax: limit });
  for (const fragment of fragmentBundle(whole, 4096)) reassembler.add(fragment, nowMs);
}

const each =
  (act: (sequence: number) => unknown) =>
  (count: number): void => {
    for (let sequence = 0; sequence < count; sequence++) act(sequence);
  };

const ROUNDS = 7;

/** Rounds of both by turns, so that what slows the machine down slows both. */
function measure({ what, targetPerSecond, run, count, peer }: Measured, quick: boolean): BundleRate {
  const size = quick ? Math.ceil(count / 20) : count;
  const [own, others]: [number[], number[]] = [[], []];
  for (let round = 0; round <= (quick ? 1 : ROUNDS); round++) {
    const [ownRate, peerRate] = [rateOf(run, size), peer && rateOf(peer.run, size)];
    // The first warms up.
    if (round === 0) continue;
    own.push(ownRate);
    if (peerRate !== undefined) others.push(peerRate);
  }
  const rate: BundleRate = { what, perSecond: Math.round(median(own)) };
  if (targetPerSecond !== undefined) rate.targetPerSecond = targetPerSecond;
  if (peer) {
    const perSecond = Math.round(median(others));
    rate.peer = { what: peer.what, perSecond, ratio: round(rate.perSecond / perSecond, 2) };
  }
  return rate;
}

const rateOf = (run: (count: number) => void, count: number): number =>
  (count / processorMs(() => run(count))) * 1000;

function line({ what, perSecond, peer, targetPerSecond }: BundleRate): string {
  const target = targetPerSecond === undefined ? '' : ` (target ${targetPerSecond})`;
  return `${what}: ${perSecond} a processor second${target}${peer ? `; ${peer.what}: ${peer.perSecond}, ratio ${peer.ratio}` : ''}`;
}
