/**
 * One bundle until it is acknowledged or worthless: over which channel it goes next, and when. Each channel that works
 * has its turn before any has its second; between rounds it waits as `retry` says. It stays in custody meanwhile: no
 * failure of a channel loses it.
 */
import type { RetryBudget, RetrySettings } from '../link-health/retry.ts';
import { retryAt } from '../link-health/retry.ts';
import type { Channel } from '../node/node.ts';
import type { Random } from '../ports/random.ts';
import type { Failover, Parcel } from './failover.ts';

export interface DeliveryPorts {
  failover: Failover;
  /** Of the peer and precedence. */
  budget: RetryBudget;
  random: Random;
  /** @default `RETRY` */
  retry?: RetrySettings;
}

export type Step =
  /** Send it over each of them, and tell `failed` of each that doesn't acknowledge it in time. */
  | { kind: 'send'; channels: Channel[]; reason: string }
  /** Ask again then, or when a channel's state changes or another bundle came through; Infinity: only then. */
  | { kind: 'wait'; untilMs: number; reason: string }
  | { kind: 'ended'; outcome: 'acknowledged' | 'expired'; reason: string };

export class Delivery {
  readonly #parcel: Parcel;
  readonly #ports: DeliveryPorts;
  readonly #tried = new Set<Channel>();
  readonly #inFlight = new Set<Channel>();
  #rounds = 0;
  #notBeforeMs = -Infinity;
  /** When the present round began. */
  #roundMs = -Infinity;
  #ended: Step | undefined;

  constructor(parcel: Parcel, ports: DeliveryPorts) {
    this.#parcel = parcel;
    this.#ports = ports;
  }

  next(nowMs: number): Step {
    if (this.#ended !== undefined) return this.#ended;
    const { expiresAtMs } = this.#parcel;
    if (nowMs >= expiresAtMs) return this.#end('expired', 'its lifetime is over');
    if (this.#inFlight.size > 0) return wait(expiresAtMs, 'it is on its way');
    if (this.#ports.failover.roseMs > this.#roundMs) this.#startAfresh(nowMs);
    if (nowMs < this.#notBeforeMs)
      return wait(Math.min(this.#notBeforeMs, expiresAtMs), 'it failed just now');
    const { failover } = this.#ports;
    const choice = failover.choose(this.#parcel, nowMs, this.#tried);
    if (choice.channels.length > 0) return this.#send(choice.channels, choice.reason);
    const resort = failover.resort(this.#parcel.precedence, nowMs);
    if (resort.channel !== undefined)
      return this.#send([resort.channel], `${resort.channel}: believed down, but nothing else is left`);
    if (this.#tried.size > 0) return this.#nextRound(nowMs);
    return wait(Math.min(choice.waitUntilMs ?? Infinity, resort.atMs, expiresAtMs), choice.reason);
  }

  /** It was not acknowledged over this channel in time, or could not be sent. */
  failed(channel: Channel): void {
    this.#inFlight.delete(channel);
  }

  /** It arrived, over this channel, however late the word of it. Others that wait should ask again. */
  acknowledged(channel: Channel): void {
    this.#ports.failover.cameThrough(channel);
    if (this.#ended !== undefined) return;
    this.#ports.budget.succeeded();
    this.#end('acknowledged', `the receiver has it, over ${channel}`);
  }

  #send(channels: Channel[], reason: string): Step {
    for (const channel of channels) {
      this.#inFlight.add(channel);
      if (this.#ports.failover.isUsable(channel)) this.#tried.add(channel);
    }
    return { kind: 'send', channels, reason };
  }

  #nextRound(nowMs: number): Step {
    const { failover, budget, random, retry } = this.#ports;
    const { sizeBytes, expiresAtMs } = this.#parcel;
    const tryMs = Math.min(...[...this.#tried].map((channel) => failover.takesMs(channel, sizeBytes)));
    this.#startAfresh(nowMs);
    this.#rounds++;
    const again = retryAt({ tries: this.#rounds, deadlineMs: expiresAtMs, tryMs }, nowMs, {
      random,
      budget,
      settings: retry,
    });
    // Another channel may come up that is quick enough, so it is kept until it is worthless.
    if ('refused' in again) {
      this.#notBeforeMs = expiresAtMs;
      return wait(expiresAtMs, again.reason);
    }
    this.#notBeforeMs = again.atMs;
    return wait(again.atMs, 'every channel that works was tried');
  }

  /** A channel that just began to work has its turn at once: it is no repetition. */
  #startAfresh(nowMs: number): void {
    this.#tried.clear();
    this.#roundMs = nowMs;
    this.#notBeforeMs = -Infinity;
  }

  #end(outcome: 'acknowledged' | 'expired', reason: string): Step {
    this.#ended = { kind: 'ended', outcome, reason };
    return this.#ended;
  }
}

const wait = (untilMs: number, reason: string): Step => ({ kind: 'wait', untilMs, reason });
