/** Nodes and their services as endpoints of bundles. */
import type { Bundle } from '../bundle/bundle.ts';
import { bundleId } from '../bundle/bundle-id.ts';
import type { Eid } from '../bundle/eid.ts';
import { blockValue, HOP_COUNT } from '../bundle/known-blocks.ts';
import { BundleRefused } from '../bundle/refusal.ts';

export interface Address {
  /** Id of the node. */
  node: string;
  /** Empty: the node itself. */
  service: string;
}

const PATH = /^dtn:\/\/([^/]+)\/(.*)$/;

export const eidOf = ({ node, service }: Address): Eid => `dtn://${node}/${service}`;
export const nodeEid = (node: string): Eid => eidOf({ node, service: '' });

/** Throws `BundleRefused` (unsupported) for an endpoint that is no service of a node, such as `ipn:2.1`. */
export function addressOf(eid: Eid): Address {
  const [, node, service] = PATH.exec(eid) ?? [];
  if (node !== undefined && service !== undefined) return { node, service };
  throw new BundleRefused('unsupported', `The endpoint ${eid} is no service of a node`, {
    fix: 'Address bundles to dtn://<node>/<service>.',
  });
}

export const hopsOf = (bundle: Bundle): number => blockValue(bundle, HOP_COUNT)?.count ?? 0;

/**
 * Names a bundle's stay in a node's custody. Where it begins and where it ends, it stays once: `bundleId`. Between, it may
 * come back by another way, and whoever gives it back must not think that it is there already: each number of hops that
 * it comes with is a stay of its own, of which the hop limit bounds how many there are.
 */
export function stayId(bundle: Bundle, node: string): string {
  const hops = hopsOf(bundle);
  const isEnd = hops === 0 || addressOf(bundle.primary.destination).node === node;
  return isEnd ? bundleId(bundle) : `${bundleId(bundle)} ~${hops}`;
}
