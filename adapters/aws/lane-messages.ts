/** What the messages of release lanes say. */
import type { QueueMessage } from '../../core/ports/message-queue.ts';
import type { Released } from '../../core/ports/release-lanes.ts';

export interface LaneMessage {
  /** The number of the lease that it was put under. */
  lease: number;
  released: Released;
}

export function messageOf(released: Released, lease: number): QueueMessage {
  const { bundleId, attempt, flow, sizeBytes, expiresMs } = released;
  return {
    body: JSON.stringify({ lease, bundleId, attempt, flow, sizeBytes, expiresMs }),
    // What an earlier lease holds of a flow keeps back nothing of this one.
    group: `${lease} ${flow}`,
    deduplicationId: `${lease} ${attempt} ${bundleId}`,
  };
}

/** Undefined for what no lane put there. */
export function laneMessageOf(body: string): LaneMessage | undefined {
  let said: Partial<Released & { lease: number }>;
  try {
    said = (JSON.parse(body) ?? {}) as typeof said;
  } catch {
    return undefined;
  }
  const { lease, bundleId, attempt, flow, sizeBytes, expiresMs } = said;
  const numbers = [lease, attempt, sizeBytes, expiresMs];
  if (typeof bundleId !== 'string' || typeof flow !== 'string') return undefined;
  if (!numbers.every((number) => typeof number === 'number')) return undefined;
  return {
    lease: lease!,
    released: { bundleId, attempt: attempt!, flow, sizeBytes: sizeBytes!, expiresMs: expiresMs! },
  };
}
