/** The network in one version, as a host tells it to its nodes. */
import type { Message } from '../custody/message.ts';
import type { NetworkStore } from '../ports/network-store.ts';
import type { Registered } from './network.ts';

/** The service of nodes that takes it. */
export const NETWORK_SERVICE = 'network';

/** With the texts that it names. */
export interface NetworkNews extends Registered {
  texts: Record<string, string>;
}

const LIFETIME_MS = 24 * 3_600_000;

/** What expired before its node was back is told again on another day. */
export const newsDay = (nowMs: number): number => Math.floor(nowMs / LIFETIME_MS);

/** The same message for the same version and day; undefined where it is being replaced. */
export async function newsOf(
  network: Pick<NetworkStore, 'registered' | 'text'>,
  day: number,
): Promise<Omit<Message, 'to'> | undefined> {
  const registered = await network.registered();
  const { version, constellations, plans } = registered;
  const texts: Record<string, string> = {};
  for (const { textId } of [...constellations, ...plans]) {
    const text = await network.text(textId);
    if (text === undefined) return undefined;
    texts[textId] = text;
  }
  return {
    id: `network ${version} ${day}`,
    service: NETWORK_SERVICE,
    payload: new TextEncoder().encode(JSON.stringify({ ...registered, texts } satisfies NetworkNews)),
    precedence: 'priority',
    lifetimeMs: LIFETIME_MS,
  };
}
