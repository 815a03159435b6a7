/** Where tasks run, and what connects it. */

export const NODE_KINDS = ['cloud', 'worker', 'component', 'edge', 'partner'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** A host's own node, unless it is told another. */
export const HUB = 'hub';

/** Derived from measured links, never typed in. */
export const CONDITIONS = ['nominal', 'degraded', 'denied', 'satellite-only', 'offline'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What a link goes over, in the order in which it is preferred unless a policy says otherwise. */
export const CHANNELS = ['primary', 'secondary', 'satellite', 'mesh'] as const;
export type Channel = (typeof CHANNELS)[number];
