/** Goes on with a bundle as its fragments. */
import type { Bundle } from '../../core/bundle/bundle.ts';
import { encodeBundle } from '../../core/bundle/encode.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import { end } from './end.ts';
import type { ForwardPorts } from './ports.ts';
import { take } from './take.ts';

/**
 * Takes the fragments into custody where the bundle is, then ends the bundle: after a crash between, it is split again, and
 * whoever gets both it and its fragments knows them by its id. Returns the fragments' transfers, in order.
 */
export async function splitInto(
  ports: ForwardPorts,
  transfer: Transfer,
  fragments: readonly Bundle[],
): Promise<Transfer[]> {
  const { custody } = ports;
  const { from, acceptedMs, state, hop, dueMs, bundleId } = transfer;
  const made: Transfer[] = [];
  for (const fragment of fragments) {
    const { offset } = fragment.primary.fragment!;
    const reason = `from byte ${offset} on of ${bundleId}`;
    const taking = { from, acceptedMs, state, dueMs, reason, ...(hop && { hop }) };
    const taken = await take(ports, fragment, encodeBundle(fragment), taking);
    const known = await custody.get(taken.bundleId);
    if (known !== undefined) made.push(known);
  }
  await end(ports, transfer, {
    state: 'acknowledged',
    reason: `goes on as ${fragments.length} fragments`,
  });
  return made;
}
