/**
 * Slots in memory: this process is the only host, and after a restart the engine asks again.
 *
 * Waiters that want the same pools form a queue, and each queue watches one pool that is full (as SAT solvers watch one
 * literal a clause). A place that comes free therefore concerns the queues that watch its pool and no others, and whoever
 * arrives while all of its pools have room can have it at once: nobody who waits could.
 */
import { AGEING_MS, type SlotRequest, type Slots } from '../../core/ports/slots.ts';
import { Heap, type Heaped } from '../../core/heap.ts';

interface Waiter extends Heaped {
  holder: string;
  /** Priority less the moment it became ready, in steps of ageing: waiting raises all alike, so the order never changes. */
  rank: number;
  readyMs: number;
  index: number;
  arrival: number;
  queue: Queue;
}

interface Queue extends Heaped {
  wants: string;
  pools: Pool[];
  waiters: Heap<Waiter>;
  watched: Pool | undefined;
}

interface Pool {
  name: string;
  size: number;
  held: number;
  queued: number;
  watchers: Heap<Queue>;
}

function waiterBefore(a: Waiter, b: Waiter): boolean {
  if (a.rank !== b.rank) return a.rank > b.rank;
  if (a.readyMs !== b.readyMs) return a.readyMs < b.readyMs;
  return a.index !== b.index ? a.index < b.index : a.arrival < b.arrival;
}

function queueBefore(a: Queue, b: Queue): boolean {
  return waiterBefore(a.waiters.peek()!, b.waiters.peek()!);
}

function isFull(pool: Pool): boolean {
  return pool.held >= pool.size;
}

export class MemorySlots implements Slots {
  readonly #pools = new Map<string, Pool>();
  readonly #queues = new Map<string, Queue>();
  readonly #held = new Map<string, Pool[]>();
  readonly #waiting = new Map<string, Waiter>();
  #arrivals = 0;

  limit(name: string, size: number): Promise<string[]> {
    const pool = this.#pool(name);
    pool.size = size;
    const admitted = this.#admit([pool]);
    this.#tidy(pool);
    return Promise.resolve(admitted);
  }

  acquire(request: SlotRequest): Promise<boolean> {
    const { holder } = request;
    if (this.#held.has(holder)) return Promise.resolve(true);
    if (this.#waiting.has(holder)) return Promise.resolve(false);
    const pools = this.#poolsOf(request.pools);
    const full = pools.find(isFull);
    if (full) this.#enqueue(request, pools, full);
    else this.#take(holder, pools);
    return Promise.resolve(!full);
  }

  release(holder: string): Promise<string[]> {
    const waiter = this.#waiting.get(holder);
    if (waiter) {
      this.#dequeue(waiter);
      for (const pool of waiter.queue.pools) this.#tidy(pool);
      return Promise.resolve([]);
    }
    const pools = this.#held.get(holder);
    if (!pools) return Promise.resolve([]);
    this.#held.delete(holder);
    for (const pool of pools) pool.held--;
    const admitted = this.#admit(pools);
    for (const pool of pools) this.#tidy(pool);
    return Promise.resolve(admitted);
  }

  /** Places end with this process, and whoever it runs gives back its own. */
  holders(): Promise<string[]> {
    return Promise.resolve([]);
  }

  usage(): Promise<Record<string, { size: number; held: number; queued: number }>> {
    const usage: Record<string, { size: number; held: number; queued: number }> = {};
    for (const { name, size, held, queued } of this.#pools.values()) usage[name] = { size, held, queued };
    return Promise.resolve(usage);
  }

  #pool(name: string): Pool {
    let pool = this.#pools.get(name);
    if (!pool) {
      pool = { name, size: Number.POSITIVE_INFINITY, held: 0, queued: 0, watchers: new Heap(queueBefore) };
      this.#pools.set(name, pool);
    }
    return pool;
  }

  #poolsOf(names: readonly string[]): Pool[] {
    const pools: Pool[] = [];
    for (const name of names) {
      const pool = this.#pool(name);
      if (!pools.includes(pool)) pools.push(pool);
    }
    return pools;
  }

  /** Pools come and go with executions; one that limits nothing and holds nothing is forgotten. */
  #tidy(pool: Pool): void {
    if (pool.size === Number.POSITIVE_INFINITY && pool.held === 0 && pool.queued === 0) {
      this.#pools.delete(pool.name);
    }
  }

  #take(holder: string, pools: Pool[]): void {
    for (const pool of pools) pool.held++;
    this.#held.set(holder, pools);
  }

  #enqueue(request: SlotRequest, pools: Pool[], full: Pool): void {
    const wants = pools
      .map((pool) => pool.name)
      .sort()
      .join('\n');
    let queue = this.#queues.get(wants);
    if (!queue) {
      queue = { place: -1, wants, pools, waiters: new Heap(waiterBefore), watched: undefined };
      this.#queues.set(wants, queue);
    }
    const { holder, priority, readyMs, index } = request;
    const rank = priority - readyMs / AGEING_MS;
    const waiter: Waiter = { place: -1, holder, rank, readyMs, index, arrival: this.#arrivals++, queue };
    queue.waiters.add(waiter);
    this.#waiting.set(holder, waiter);
    for (const pool of pools) pool.queued++;
    if (queue.watched) queue.watched.watchers.update(queue);
    else this.#watch(queue, full);
  }

  #watch(queue: Queue, pool: Pool): void {
    if (queue.watched) queue.watched.watchers.remove(queue);
    queue.watched = pool;
    pool.watchers.add(queue);
  }

  #dequeue(waiter: Waiter): void {
    const { queue } = waiter;
    this.#waiting.delete(waiter.holder);
    queue.waiters.remove(waiter);
    for (const pool of queue.pools) pool.queued--;
    if (queue.waiters.size > 0) {
      queue.watched!.watchers.update(queue);
      return;
    }
    queue.watched!.watchers.remove(queue);
    this.#queues.delete(queue.wants);
  }

  /** Hands out what came free in `pools`, the best first. */
  #admit(pools: Pool[]): string[] {
    const admitted: string[] = [];
    for (;;) {
      let best: Queue | undefined;
      for (const pool of pools) {
        const queue = isFull(pool) ? undefined : pool.watchers.peek();
        if (queue && (!best || queueBefore(queue, best))) best = queue;
      }
      if (!best) return admitted;
      const full = best.pools.find(isFull);
      if (full) {
        this.#watch(best, full);
        continue;
      }
      const waiter = best.waiters.peek()!;
      this.#dequeue(waiter);
      this.#take(waiter.holder, best.pools);
      admitted.push(waiter.holder);
    }
  }
}
