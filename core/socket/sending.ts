import type { Clock } from '../ports/clock.ts';
import type { Connections } from '../ports/connections.ts';
import type { ExecutionReader } from '../ports/execution-store.ts';
import { SENDING_MS, type StoredSubscription, type Subscriptions } from '../ports/subscriptions.ts';
import type { Logger } from '../task/handler.ts';
import { readLog } from './log-page.ts';
import { packed } from './packed.ts';
import { hasExpired } from './session.ts';

export interface SendingPorts {
  subscriptions: Pick<Subscriptions, 'advance' | 'release'>;
  connections: Pick<Connections, 'post'>;
  /** Sees whatever was appended before it is asked. */
  reader: Pick<ExecutionReader, 'events' | 'feed'>;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'warn'>;
}

/**
 * What became of it: `more` was appended by the time it had let go; the client is `gone`; its proof has `expired`; it is `unknown`
 * whether the last message arrived.
 */
export type Sent = 'done' | 'more' | 'gone' | 'expired' | 'unknown';

const PAGE = 500;

/** Sends a subscription that `sender` holds whatever follows in its log, and lets go of it unless the connection has to end. */
export async function sendHeld(
  { subscriptions, connections, reader, clock, logger }: SendingPorts,
  subscription: StoredSubscription,
  sender: string,
): Promise<Sent> {
  const { connectionId, executionId, principal } = subscription;
  let { sent } = subscription;
  let renewMs = clock.now() + SENDING_MS / 2;

  /** Whether it is still this sender's to go on with. */
  async function keeps(): Promise<boolean> {
    if (clock.now() < renewMs) return true;
    renewMs = clock.now() + SENDING_MS / 2;
    return subscriptions.advance(subscription, sender, sent);
  }

  async function post(text: string): Promise<Sent | undefined> {
    try {
      return (await connections.post(connectionId, text)) ? undefined : 'gone';
    } catch (error) {
      logger.warn('A message may not have arrived.', { connectionId, error: String(error) });
      return 'unknown';
    }
  }

  async function sendPage(): Promise<Sent | 'stopped' | 'full'> {
    const page = await readLog(reader, executionId, sent, PAGE);
    for (const { text, position } of packed(subscription, page)) {
      if (hasExpired(principal, clock.now())) return 'expired';
      if (!(await keeps())) return 'stopped';
      const failed = await post(text);
      if (failed) return failed;
      sent = position;
    }
    sent = page.at(-1)?.position ?? sent;
    return page.length < PAGE ? 'done' : 'full';
  }

  try {
    let outcome: Awaited<ReturnType<typeof sendPage>>;
    do outcome = await sendPage();
    while (outcome === 'full');
    if (outcome !== 'done' && outcome !== 'stopped') return outcome;
    const released = await subscriptions.release(subscription, sender, sent);
    if (outcome === 'stopped' || !released) return 'done';
    const [next] = await readLog(reader, executionId, sent, 1);
    return next === undefined ? 'done' : 'more';
  } catch (error) {
    // The store failed, but what was sent is known. Held on to, it would be found abandoned.
    await subscriptions.release(subscription, sender, sent).catch(() => undefined);
    throw error;
  }
}
