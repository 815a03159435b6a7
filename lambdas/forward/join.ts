/** Puts the fragments of a bundle together where it ends. */
import type { Bundle } from '../../core/bundle/bundle.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { bundleId as idOf } from '../../core/bundle/bundle-id.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import { Reassembler } from '../../core/bundle/reassembly.ts';
import { addressOf } from '../../core/custody/address.ts';
import { lookAgainMs } from '../../core/custody/patience.ts';
import { unprotected } from '../../core/custody/protection.ts';
import type { Transfer, TransferHop } from '../../core/custody/transfer.ts';
import { end } from './end.ts';
import { type ForwardPorts, limitsOf } from './ports.ts';
import { take } from './take.ts';

/** Marks fragments that wait here for the others, so that they are found together. */
const gatheredAt = (node: string, nowMs: number): TransferHop => ({
  to: node,
  link: 'fragments',
  channel: 'mesh',
  departMs: nowMs,
});

/**
 * Takes the whole into custody when its last fragment is there, and ends the fragments; returns the whole's id. Until then
 * they wait. Throws `BundleRefused` for what makes no whole that may be delivered.
 */
export async function join(
  ports: ForwardPorts,
  transfer: Transfer,
  fragment: Bundle,
): Promise<string | undefined> {
  const { custody, clock, random, node } = ports;
  const { bundleId, attempt } = transfer;
  const dueMs = lookAgainMs(transfer, clock.now(), random);
  const reason = 'waits for the other fragments';
  await custody.change({
    bundleId,
    expect: { states: ['waiting'], attempt },
    set: { hop: gatheredAt(node, clock.now()), dueMs, reason },
  });
  const wholeId = idOf({ ...fragment, primary: { ...fragment.primary, fragment: undefined } });
  const parts = await partsOf(ports, wholeId, transfer);
  const known = await custody.get(wholeId);
  if (known === undefined) {
    const isComplete = covers(parts, wholeId, fragment.primary.fragment!.totalBytes);
    const whole = isComplete ? await assembled(ports, parts) : undefined;
    if (whole === undefined) return undefined;
    const source = addressOf(whole.primary.source).node;
    unprotected(whole, await ports.keys?.of(source));
    const acceptedMs = Math.min(...parts.map((part) => part.acceptedMs));
    const taking = { reason: `was ${parts.length} fragments`, from: transfer.from, acceptedMs };
    await take(ports, whole, encodeBundle(whole), taking);
  }
  for (const part of parts)
    await end(ports, part, { state: 'acknowledged', reason: `part of ${wholeId}, which is here` });
  return wholeId;
}

async function partsOf({ custody, node }: ForwardPorts, wholeId: string, own: Transfer): Promise<Transfer[]> {
  const parts = new Map([[own.bundleId, own]]);
  let cursor: string | undefined;
  do {
    const page = await custody.open({ state: 'waiting', to: node, ...(cursor !== undefined && { cursor }) });
    for (const one of page.transfers)
      if (one.bundleId.startsWith(`${wholeId} `)) parts.set(one.bundleId, one);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...parts.values()];
}

/** As their ids tell, so that no bytes are read in vain. */
function covers(parts: readonly Transfer[], wholeId: string, totalBytes: number): boolean {
  const ranges = parts
    .map(({ bundleId }) =>
      bundleId
        .slice(wholeId.length + 1)
        .split(' ')
        .map(Number),
    )
    .sort(([a], [b]) => a! - b!);
  let coveredBytes = 0;
  for (const [offset, sizeBytes] of ranges)
    if (offset! <= coveredBytes) coveredBytes = Math.max(coveredBytes, offset! + sizeBytes!);
  return coveredBytes >= totalBytes;
}

async function assembled(ports: ForwardPorts, parts: readonly Transfer[]): Promise<Bundle | undefined> {
  const { bundleBytesMax: bytesMax } = limitsOf(ports);
  const heldBytesMax = 4 * bytesMax;
  const reassembler = new Reassembler({
    wholeBytesMax: bytesMax,
    sourceBytesMax: heldBytesMax,
    heldBytesMax,
  });
  for (const { bundleId, acceptedMs } of parts) {
    const bytes = await ports.custody.bytes(bundleId);
    const whole = bytes && reassembler.add(decodeBundle(bytes), acceptedMs);
    if (whole) return whole;
  }
  return undefined;
}
