/** Bundles of all kinds from a seed, for checks by others and for measurements. */
import { BUNDLE_FLAGS, type Bundle, type NewBundle, newBundle } from '../../core/bundle/bundle.ts';
import { CRC_TYPES } from '../../core/bundle/crc.ts';
import type { Eid } from '../../core/bundle/eid.ts';
import { CUSTODY, LABEL, PRECEDENCE } from '../../core/bundle/extensions.ts';
import { fragmentBundle } from '../../core/bundle/fragment.ts';
import {
  BUNDLE_AGE,
  findBlock,
  HOP_COUNT,
  PREVIOUS_NODE,
  withBlock,
} from '../../core/bundle/known-blocks.ts';
import { encryptBlocks } from '../../core/bundle/security/confidentiality.ts';
import { addIntegrity } from '../../core/bundle/security/integrity.ts';
import { reportOn, STATUS_REASONS, STATUSES } from '../../core/bundle/status-report.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';

/** Whole numbers from 0 below a bound. */
type Roll = (below: number) => number;

const rollOf = (seed: number): Roll => {
  const random = new SeededRandom(seed);
  return (below) => random.int(0, below - 1);
};

const DTN_MS = 840_000_000_000;
const KEY = Uint8Array.from({ length: 32 }, (_, place) => place);

/** At least `count` bundles: plain ones, with extension blocks, fragments, status reports, signed and encrypted ones. */
export function sampleBundles(count: number, seed = 1): Bundle[] {
  const roll = rollOf(seed);
  const bundles: Bundle[] = [];
  for (let sequence = 0; bundles.length < count; sequence++) {
    const bundle = withExtensions(plain(sequence, roll), roll);
    const kind = sequence % 5;
    if (kind === 1) bundles.push(...fragmentBundle(bundle, 500 + roll(500)));
    else if (kind === 2) bundles.push(report(bundle, sequence, roll));
    else if (kind === 3) bundles.push(signed(bundle, roll));
    else if (kind === 4) bundles.push(sealed(bundle, sequence, roll));
    else bundles.push(bundle);
  }
  return bundles;
}

function eid(roll: Roll): Eid {
  if (roll(2) === 0) return `ipn:${roll(10) === 0 ? roll(2 ** 48) : 1 + roll(5000)}.${roll(300)}`;
  const name = Array.from({ length: 1 + roll(12) }, () => String.fromCharCode(97 + roll(26))).join('');
  return `dtn://${name}/${['', 'tasks', 'results', '~all'][roll(4)]}`;
}

function plain(sequence: number, roll: Roll): Bundle {
  const flags = [
    BUNDLE_FLAGS.acknowledgementRequested,
    BUNDLE_FLAGS.statusTimeRequested,
    BUNDLE_FLAGS.reportReception,
    BUNDLE_FLAGS.reportForwarding,
    BUNDLE_FLAGS.reportDelivery,
    BUNDLE_FLAGS.reportDeletion,
  ];
  const options: NewBundle = {
    source: eid(roll),
    destination: eid(roll),
    reportTo: eid(roll),
    creation: { dtnMs: DTN_MS + roll(1e9), sequence },
    lifetimeMs: 1 + roll(1e9),
    flags: flags.reduce((sum, flag) => sum + (roll(2) === 0 ? flag : 0), 0),
    crc: CRC_TYPES[roll(CRC_TYPES.length)]!,
    payload: Uint8Array.from({ length: 1 + roll(1200) }, () => roll(256)),
  };
  return newBundle(options);
}

function withExtensions(plainBundle: Bundle, roll: Roll): Bundle {
  let bundle = plainBundle;
  const level = roll(256);
  if (roll(2) === 0) bundle = withBlock(bundle, PREVIOUS_NODE, eid(roll));
  if (roll(2) === 0) bundle = withBlock(bundle, BUNDLE_AGE, roll(1e9));
  if (roll(2) === 0) bundle = withBlock(bundle, HOP_COUNT, { limit: 1 + roll(255), count: roll(256) });
  if (roll(2) === 0) bundle = withBlock(bundle, PRECEDENCE, PRECEDENCES[roll(PRECEDENCES.length)]!);
  if (roll(2) === 0)
    bundle = withBlock(bundle, LABEL, { level, compartments: ['a', 'b'], releasability: ['c'] });
  if (roll(2) === 0) bundle = withBlock(bundle, CUSTODY, { custodian: eid(roll), transfer: roll(1e6) });
  return bundle;
}

function report(bundle: Bundle, sequence: number, roll: Roll): Bundle {
  const [subject] = roll(2) === 0 ? [bundle] : fragmentBundle(bundle, 500);
  const asking = { ...subject!, primary: { ...subject!.primary, flags: subject!.primary.flags | 0x7_4000 } };
  const reasons = Object.values(STATUS_REASONS);
  return reportOn(asking, {
    status: STATUSES[roll(STATUSES.length)]!,
    dtnMs: DTN_MS + roll(1e9),
    reason: reasons[roll(12)]!,
    node: `ipn:${1 + roll(100)}.0`,
    creation: { dtnMs: DTN_MS + roll(1e9), sequence },
    lifetimeMs: 1 + roll(1e6),
  })!;
}

function signed(bundle: Bundle, roll: Roll): Bundle {
  const age = findBlock(bundle, BUNDLE_AGE);
  return addIntegrity(bundle, {
    targets: [0, 1, ...(age ? [age.number] : [])],
    source: eid(roll),
    key: KEY,
    bits: ([256, 384, 512] as const)[roll(3)]!,
    scope: roll(8),
    ...(roll(2) === 0 && { wrappedBy: KEY.slice(0, 16) }),
  });
}

function sealed(bundle: Bundle, sequence: number, roll: Roll): Bundle {
  const iv = Uint8Array.from({ length: 12 }, (_, place) => (place < 4 ? sequence >>> (8 * place) : 0));
  return encryptBlocks(bundle, {
    targets: [{ number: 1, iv }],
    source: eid(roll),
    key: roll(2) === 0 ? KEY : KEY.slice(0, 16),
    scope: roll(8),
    ...(roll(2) === 0 && { wrappedBy: KEY }),
  });
}
