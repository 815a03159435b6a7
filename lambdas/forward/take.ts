import type { Bundle } from '../../core/bundle/bundle.ts';
import { expiryMs } from '../../core/bundle/expiry.ts';
import { LABEL, PRECEDENCE } from '../../core/bundle/extensions.ts';
import { blockValue } from '../../core/bundle/known-blocks.ts';
import { addressOf, stayId } from '../../core/custody/address.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import type { CustodyPorts } from './ports.ts';

interface Taking extends Pick<Transfer, 'reason'>, Partial<Pick<Transfer, 'state' | 'hop' | 'dueMs'>> {
  from?: string | undefined;
  acceptedMs?: number;
}

/** Puts a bundle into the ledger as it is encoded, waiting unless `taking` says otherwise. */
export async function take(
  { custody, clock, node, intake }: CustodyPorts,
  bundle: Bundle,
  bytes: Uint8Array,
  taking: Taking,
): Promise<{ bundleId: string; isNew: boolean }> {
  const nowMs = clock.now();
  const { acceptedMs = nowMs, from, ...rest } = taking;
  const bundleId = stayId(bundle, node);
  const label = blockValue(bundle, LABEL);
  const isNew = await custody.accept(
    {
      bundleId,
      ...(from !== undefined && { from }),
      source: addressOf(bundle.primary.source).node,
      destination: addressOf(bundle.primary.destination).node,
      precedence: blockValue(bundle, PRECEDENCE) ?? 'routine',
      ...(label && { label }),
      sizeBytes: bytes.length,
      acceptedMs,
      expiresMs: expiryMs(bundle, acceptedMs),
      state: 'waiting',
      attempt: 0,
      dueMs: nowMs,
      ...rest,
    },
    bytes,
  );
  if (isNew) intake?.hold(from, bytes.length, nowMs);
  return { bundleId, isNew };
}
