/** Hands a bundle that has arrived to the service that it is for. */
import { type Bundle, BUNDLE_FLAGS, hasFlag, payloadOf } from '../../core/bundle/bundle.ts';
import { decompressPayload } from '../../core/bundle/compression.ts';
import { decodeBundle } from '../../core/bundle/decode.ts';
import { bundleId as idOf } from '../../core/bundle/bundle-id.ts';
import { BundleRefused } from '../../core/bundle/refusal.ts';
import { addressOf } from '../../core/custody/address.ts';
import { codeOfError, deletionIn } from '../../core/custody/deletion.ts';
import { lookAgainMs } from '../../core/custody/patience.ts';
import { unprotected } from '../../core/custody/protection.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import { isRefusal } from '../../core/errors.ts';
import { end } from './end.ts';
import { join } from './join.ts';
import { type ForwardPorts, limitsOf } from './ports.ts';

/** Returns the id of a bundle that came of it and is to be stepped: the whole of fragments, a report. */
export async function deliver(ports: ForwardPorts, transfer: Transfer): Promise<string | undefined> {
  const claimed = await claim(ports, transfer);
  if (claimed === undefined) return undefined;
  const bytes = await ports.custody.bytes(claimed.bundleId);
  if (bytes === undefined) return undefined;
  try {
    const bundle = decodeBundle(bytes);
    if (hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment)) return await join(ports, claimed, bundle);
    await hand(ports, bundle, claimed);
    await end(ports, claimed, { state: 'acknowledged', reason: 'delivered here' });
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) return putOff(ports, claimed, error);
    const reason = `${error.name}: ${error.message}`;
    const statusReason = codeOfError(error);
    return (await end(ports, claimed, { state: 'dead', reason, statusReason })).reportId;
  }
}

/** Nobody else hands it out until the service has had its time. */
async function claim(ports: ForwardPorts, transfer: Transfer): Promise<Transfer | undefined> {
  const { custody, clock } = ports;
  const { bundleId, attempt, expiresMs } = transfer;
  const dueMs = Math.min(expiresMs, clock.now() + limitsOf(ports).serviceMs);
  const set = { state: 'waiting', attempt: attempt + 1, dueMs, reason: 'is being delivered here' } as const;
  const isClaimed = await custody.change({ bundleId, expect: { states: [transfer.state], attempt }, set });
  return isClaimed ? { ...transfer, ...set } : undefined;
}

async function hand(ports: ForwardPorts, bundle: Bundle, { precedence, label }: Transfer): Promise<void> {
  const { services = {}, compression, keys } = ports;
  const source = addressOf(bundle.primary.source).node;
  const { node, service: path } = addressOf(bundle.primary.destination);
  const isAdministrative = hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isAdministrative);
  const [name] = path.split('/', 1) as [string];
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service === undefined) {
    if (isAdministrative) return;
    throw new BundleRefused('unsupported', `There is no service "${name}" at ${node}`, {
      fix: `Send to one of: ${Object.keys(services).join(', ')}.`,
    });
  }
  const plain = source === node ? bundle : unprotected(bundle, await keys?.of(source));
  const { bundleBytesMax } = limitsOf(ports);
  const payload = payloadOf(await decompressPayload(plain, compression, bundleBytesMax));
  const deletion = isAdministrative ? await deletionIn(payload, source, ports) : undefined;
  if (isAdministrative && deletion === undefined) return;
  const bundleId = idOf(bundle);
  const given = { bundleId, source, precedence, ...(label && { label }), service: path };
  await service(payload, { ...given, ...(deletion && { deletion }) });
}

async function putOff(
  { custody, clock, random }: ForwardPorts,
  transfer: Transfer,
  error: unknown,
): Promise<undefined> {
  const { bundleId, attempt } = transfer;
  const reason = `its service could not take it: ${error instanceof Error ? error.message : String(error)}`;
  const dueMs = lookAgainMs(transfer, clock.now(), random);
  await custody.change({ bundleId, expect: { states: ['waiting'], attempt }, set: { dueMs, reason } });
}
