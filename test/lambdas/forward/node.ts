import type { DatabaseSync } from 'node:sqlite';
import { type EmbeddedStore, openStore } from '../../../adapters/embedded/store.ts';
import { ZstdCompression } from '../../../adapters/system/zstd.ts';
import { Booked } from '../../../core/custody/booked.ts';
import { NeighbourChannels } from '../../../core/custody/channels.ts';
import type { Intake } from '../../../core/custody/intake.ts';
import type { Message } from '../../../core/custody/message.ts';
import type { Keys } from '../../../core/custody/protection.ts';
import type { CustodyTotals } from '../../../core/custody/transfer.ts';
import type { Decision } from '../../../core/failover/failover.ts';
import type { FailoverPolicy } from '../../../core/failover/policy.ts';
import { ChunkAssembler } from '../../../core/node/chunks.ts';
import { decodeFrame, encodeFrame, FrameRefused } from '../../../core/node/frames.ts';
import type { Channel } from '../../../core/node/node.ts';
import { Isolation } from '../../../core/link-health/isolation.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { ContactTimer } from '../../../core/ports/contact-timers.ts';
import { type Accepted, createCustody, type CustodyUseCases } from '../../../lambdas/forward/custody.ts';
import { createForward, type ForwardUseCases } from '../../../lambdas/forward/forward.ts';
import type { CustodyLimits, Delivered, ForwardPorts, Service } from '../../../lambdas/forward/ports.ts';
import type { LinkClient } from '../../../core/ports/link-client.ts';
import type { World } from './world.ts';

/** Writes from 1; `after`: it took effect, and the caller never learns of it. */
export interface CrashPoint {
  call: number;
  side: 'before' | 'after';
}

export interface NodeOptions {
  /** The first incarnation dies at the first, the second at the second, and so on. */
  crashes?: readonly CrashPoint[];
  keys?: Keys;
  intake?: Intake;
  limits?: Partial<CustodyLimits>;
  /** Undefined: what ends here is left to another process. @default those that record what comes */
  services?: Record<string, Service> | undefined;
  links?: LinkClient;
  policy?: FailoverPolicy;
}

/** What changes nothing, here: a crash between two of them is as one between the writes around them. */
const READS: readonly PropertyKey[] = ['get', 'bytes', 'due', 'open', 'totals', 'depth', 'forget'];
const SWEEP_MS = 3000;
const RESTART_MS = 5000;

/** A host as any host does it: every step is one that may be the last of its incarnation. */
export class TestNode {
  readonly id: string;
  /** Durable beside the ledger: effects by bundle, and how often each was handed out. */
  readonly inbox = new Map<string, { text: string; times: number; delivered: Delivered }>();
  readonly decisions: Decision[] = [];
  /** Frames that left, by what they went over. */
  readonly sent: { to: string; channel: Channel; atMs: number; sizeBytes: number }[] = [];
  calls = 0;
  crashed = 0;
  isAlive = true;
  forward!: ForwardUseCases;
  custody!: CustodyUseCases;
  store!: EmbeddedStore;
  readonly #world: World;
  readonly #options: NodeOptions;
  readonly #timers = new Map<string, ContactTimer>();
  readonly #never = new Promise<never>(() => undefined);
  #incarnation = 0;
  #survivor: DatabaseSync | undefined;
  #chunks = new ChunkAssembler();

  constructor(world: World, id: string, options: NodeOptions) {
    this.#world = world;
    this.id = id;
    this.#options = options;
    this.#open();
    this.#sweepLater(this.#incarnation);
  }

  /** A message, asked for again after a crash until it is accepted: as whoever has it on record would. */
  async accept(message: Message): Promise<Accepted> {
    for (;;) {
      const own = this.#incarnation;
      const accepted = this.custody.accept(message);
      const died = this.#whenDead(own);
      const result = await Promise.race([accepted, died]);
      if (result === 'dead') continue;
      this.#step(result.bundleId);
      return result;
    }
  }

  receive(from: string, channel: Channel, frame: Uint8Array): void {
    if (this.isAlive) this.#spawn(() => this.#take(from, channel, frame));
  }

  wake(): void {
    if (this.isAlive) this.#spawn(async () => this.#drainAll((await this.forward.wake()).contacts));
  }

  totals(): Promise<CustodyTotals> {
    return this.store.custody.totals();
  }

  async open(): Promise<number> {
    const { waiting, booked, released } = await this.totals();
    return waiting.bundles + booked.bundles + released.bundles;
  }

  close(): void {
    this.isAlive = false;
    this.store.close();
  }

  crash(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.crashed++;
    this.#survivor = this.store.crash();
    const { time } = this.#world;
    time.at(time.nowMs + RESTART_MS, () => this.#restart());
  }

  #restart(): void {
    this.#incarnation++;
    this.isAlive = true;
    this.calls = 0;
    this.#chunks = new ChunkAssembler();
    this.#open();
    this.#spawn(async () => this.#drainAll((await this.forward.recover()).contacts));
    for (const timer of this.#timers.values()) this.#arm(timer);
    this.#sweepLater(this.#incarnation);
  }

  #open(): void {
    const { time, random, network } = this.#world;
    const survivor = this.#survivor;
    this.store = openStore({ dataDir: ':memory:', clock: time, ...(survivor && { survivor }) });
    const view = this.#world.view();
    const clock: Clock = {
      now: () => time.now(),
      sleep: (ms, signal) => this.#unlessDead(time.sleep(ms, signal)),
    };
    const channels = new NeighbourChannels({
      node: this.id,
      view,
      network,
      clock,
      random,
      policy: this.#options.policy,
      decided: (_, decision) => void this.decisions.push(decision),
    });
    const custody = this.#around(this.store.custody, () => this.#conserves());
    const isPassing = 'services' in this.#options && this.#options.services === undefined;
    const ports: ForwardPorts = {
      node: this.id,
      custody,
      lanes: this.#around(this.store.lanes),
      links: this.#around(this.#options.links ?? { send: (...sent) => this.#send(...sent) }),
      timers: this.#around({ set: (timer) => this.#set(timer) }),
      compression: this.#tracked(new ZstdCompression()),
      isolation: new Isolation(clock),
      booked: new Booked({ node: this.id, custody, clock }),
      network: view,
      channels,
      clock,
      random,
      ...(!isPassing && { services: { work: this.#serve(), ...this.#options.services } }),
      ...(this.#options.keys && { keys: this.#options.keys }),
      ...(this.#options.intake && { intake: this.#options.intake }),
      ...(this.#options.limits && { limits: this.#options.limits }),
    };
    this.custody = createCustody(ports);
    this.forward = createForward(ports);
  }

  #serve(): Service {
    const serve = (payload: Uint8Array, delivered: Delivered): Promise<void> => {
      const known = this.inbox.get(delivered.bundleId);
      const text = new TextDecoder().decode(payload);
      this.inbox.set(delivered.bundleId, { text, delivered, times: (known?.times ?? 0) + 1 });
      return Promise.resolve();
    };
    return this.#around({ serve }).serve;
  }

  #send(to: string, channel: Channel, frame: Uint8Array): Promise<void> {
    this.sent.push({ to, channel, atMs: this.#world.time.nowMs, sizeBytes: frame.length });
    return this.#world.send(this.id, to, channel, frame);
  }

  async #take(from: string, channel: Channel, bytes: Uint8Array): Promise<void> {
    const frame = decodeFrame(bytes);
    if (frame.type === 'accepted') return this.forward.acknowledged(from, frame.bundleIds, channel);
    if (frame.type === 'refused') return this.forward.refusedBy(from, frame);
    if (frame.type !== 'bundle') return;
    const whole = this.#chunks.add(from, channel, frame, this.#world.time.nowMs);
    if (whole === undefined) return;
    const { answer, bundleId } = await this.custody.arrived(from, frame.bundleId, whole);
    await this.#world.send(this.id, from, channel, encodeFrame(answer)).catch(() => undefined);
    if (bundleId !== undefined) this.#step(bundleId);
  }

  #step(bundleId: string): void {
    this.#spawn(async () => {
      const { contact } = await this.forward.step(bundleId);
      if (contact) this.#drainAll([contact]);
    });
  }

  #drainAll(contacts: readonly ContactTimer[]): void {
    for (const contact of contacts) this.#spawn(async () => void (await this.forward.drain(contact)));
  }

  #set(timer: ContactTimer): Promise<void> {
    const key = JSON.stringify(timer);
    if (!this.#timers.has(key)) {
      this.#timers.set(key, timer);
      this.#arm(timer);
    }
    return Promise.resolve();
  }

  #arm(timer: ContactTimer): void {
    const own = this.#incarnation;
    this.#world.time.at(timer.startMs, () => {
      if (!this.isAlive || this.#incarnation !== own) return;
      this.#timers.delete(JSON.stringify(timer));
      this.#spawn(async () => {
        if (await this.forward.openContact(timer)) await this.forward.drain(timer);
      });
    });
  }

  #sweepLater(own: number): void {
    const { time } = this.#world;
    time.at(time.nowMs + SWEEP_MS, () => {
      if (!this.isAlive || own !== this.#incarnation) return;
      this.#spawn(async () => {
        this.#drainAll((await this.forward.sweep()).contacts);
        this.#sweepLater(own);
      });
    });
  }

  /** Accepted is the sum of the others, whatever was done last. */
  async #conserves(): Promise<void> {
    const { accepted, ...others } = await this.store.custody.totals();
    for (const unit of ['bundles', 'bytes'] as const) {
      const sum = Object.values(others).reduce((total, each) => total + each[unit], 0);
      if (sum !== accepted[unit])
        this.#world.wrongs.push(`${this.id}: ${accepted[unit]} ${unit} accepted, ${sum} accounted for`);
    }
  }

  #around<Port extends object>(port: Port, then?: () => Promise<void>): Port {
    const own = this.#incarnation;
    return new Proxy(port, {
      get: (target, method) => {
        const run = Reflect.get(target, method, target) as (...given: unknown[]) => Promise<unknown>;
        const isRead = READS.includes(method);
        return (...given: unknown[]) =>
          this.#call({ own, isRead }, () => run.apply(target, given), isRead ? undefined : then);
      },
    });
  }

  async #call(
    { own, isRead }: { own: number; isRead: boolean },
    run: () => Promise<unknown>,
    then?: () => Promise<void>,
  ): Promise<unknown> {
    const isDead = () => !this.isAlive || this.#incarnation !== own;
    if (isDead()) return this.#never;
    const call = isRead ? 0 : ++this.calls;
    if (this.#crashesAt(call, 'before')) return this.#never;
    const outcome = await this.#do(async () => {
      try {
        const result = await run();
        if (!isDead()) await then?.();
        return { result };
      } catch (error) {
        return { error };
      }
    });
    if (isDead() || this.#crashesAt(call, 'after')) return this.#never;
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }

  #crashesAt(call: number, side: CrashPoint['side']): boolean {
    const point = this.#options.crashes?.[this.#incarnation];
    if (point?.call !== call || point.side !== side) return false;
    this.crash();
    return true;
  }

  /** Counted, but no place to crash at: it changes nothing. */
  #tracked<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, method) => {
        const run = Reflect.get(target, method, target) as (...given: unknown[]) => Promise<unknown>;
        return (...given: unknown[]) => this.#do(() => run.apply(target, given));
      },
    });
  }

  async #do<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#world.outstanding++;
    try {
      return await run();
    } finally {
      this.#world.outstanding--;
    }
  }

  #unlessDead<Result>(promise: Promise<Result>): Promise<Result> {
    const own = this.#incarnation;
    return promise.then((result) => (this.isAlive && this.#incarnation === own ? result : this.#never));
  }

  async #whenDead(own: number): Promise<'dead'> {
    const { time } = this.#world;
    while (this.#incarnation === own) await time.sleep(RESTART_MS);
    return 'dead';
  }

  #spawn(run: () => Promise<unknown>): void {
    run().catch((error: unknown) => {
      if (error instanceof FrameRefused) return;
      this.#world.wrongs.push(
        `${this.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    });
  }
}
