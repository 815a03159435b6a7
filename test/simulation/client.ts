/** Clients: they ask until they are answered, and hold the host to what it answered. */
import { HoldfastError } from '../../core/errors.ts';
import type { Execution } from '../../core/execution/execution.ts';
import type { Engine } from '../../embedded/engine.ts';
import type { Host, World } from './world.ts';
import type { ClientOperation } from './workloads.ts';

type Ask<T> = (operations: Engine['operations'], host: Host) => Promise<T>;
type Answer<T> = { value: T } | { refusal: HoldfastError };

export class Client {
  readonly #world: World;
  /** Ids of the executions of `starts`, by their place. */
  readonly #started: Promise<string | undefined>[] = [];
  readonly #signalled = new Set<string>();
  readonly #redrives = new Map<string, number>();
  #asking = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async begin(): Promise<void> {
    const { schedule, scheduler } = this.#world;
    for (const document of schedule.documents) {
      const answer = await this.#ask('submit', (operations) => operations.submit({ document }));
      if ('refusal' in answer)
        return this.#world.oracles.fail('workload', 'a valid document', answer.refusal.message);
    }
    schedule.starts.forEach((_, place) => this.#started.push(this.#start(place)));
    for (const operation of schedule.operations)
      scheduler.after(operation.atMs, () => void this.#perform(operation));
  }

  /** With all quiet: does what only a client can do. False when every execution has ended. */
  async close(): Promise<boolean> {
    const { oracles, schedule } = this.#world;
    const { host } = this.#world;
    if (!host || host.recovering || this.#asking > 0) {
      oracles.fail('1 liveness', 'every client answered', `${this.#asking} still ask`);
      return false;
    }
    let acted = false;
    const { reader } = host.store;
    const { executions } = await reader.totals();
    if (executions.FAILED > 0) {
      for (const { id, kind } of await reader.list({ statuses: ['FAILED'], limit: 1000 })) {
        const done = this.#redrives.get(id) ?? 0;
        if (kind !== 'workflow' || done >= schedule.redrives) continue;
        this.#redrives.set(id, done + 1);
        void this.#redrive(id);
        acted = true;
      }
    }
    for (const execution of await reader.list({ statuses: ['QUEUED', 'RUNNING', 'PAUSED'], limit: 1000 }))
      acted = (await this.#help(host, execution)) || acted;
    if (acted || executions.QUEUED + executions.RUNNING + executions.PAUSED === 0) return acted;
    await this.#stuck(host);
    return false;
  }

  async #help(host: Host, { id, status, run }: Execution): Promise<boolean> {
    if (status === 'PAUSED') {
      void this.#acked(id, 'execution.resumed', 'resume', (operations) => operations.resume(id));
      return true;
    }
    let acted = false;
    for (const task of await host.store.reader.tasks(id, { statuses: ['WAITING', 'PARKED'], limit: 1000 })) {
      if (task.status === 'PARKED' && !this.#world.offers(task.type)) {
        void this.#offer(task.type);
        acted = true;
      } else if (
        (task.type === 'signal' || task.type === 'approval') &&
        this.#signal(id, task.taskId, { run })
      )
        acted = true;
    }
    return acted;
  }

  /** Sends the signal a task waits for, unless one was acknowledged before in this run: a redrive asks again. */
  #signal(
    executionId: string,
    taskId: string,
    { run = 1, payload, id }: { run?: number; payload?: boolean; id?: string } = {},
  ): boolean {
    const { schedule, oracles } = this.#world;
    const definition = oracles.seen.get(executionId)?.definition.tasks.find((task) => task.id === taskId);
    // Its time limit is to come.
    if (schedule.generated && definition?.timeoutMs !== undefined) return false;
    const given = (definition?.input as { name?: string } | undefined)?.name;
    const name = given ?? taskId;
    const key = `${executionId}/${name}/${run}`;
    if (this.#signalled.has(key)) return false;
    const request = {
      name,
      id: id ?? `closing-${name}-${run}`,
      payload: payload ?? schedule.truths.get(`${taskId}!`) ?? true,
    };
    void this.#acked(executionId, 'signal.received', `signal ${name}`, (operations) =>
      operations.signal(executionId, request),
    ).then((answer) => answer && this.#signalled.add(key));
    return true;
  }

  async #offer(type: string): Promise<void> {
    this.#world.offered.add(type);
    await this.#ask(`offer ${type}`, async (_, host) => {
      this.#world.offer(host, type);
      await host.engine.offered(type);
    });
  }

  async #start(place: number): Promise<string | undefined> {
    const { workflow, variables } = this.#world.schedule.starts[place]!;
    const request = { workflow, variables, idempotencyKey: `start-${place}` };
    const answer = await this.#ask(`start ${place}`, (operations) => operations.start(request));
    if ('refusal' in answer) {
      this.#world.oracles.fail('3 acknowledged', 'a start that is accepted', answer.refusal.message);
      return undefined;
    }
    const { id } = answer.value.execution;
    this.#expectCommitted(id, 'execution.submitted', 'start');
    return id;
  }

  async #perform(operation: ClientOperation): Promise<void> {
    const { counts } = this.#world;
    const { kind, target } = operation;
    counts.clientOperation++;
    if (kind === 'offer') return this.#offer(operation.type);
    if (kind === 'start') return void (await this.#start(target));
    const id = await this.#started[target];
    if (id === undefined) return;
    if (kind === 'signal') return void this.#signalOnce(id, operation);
    if (kind === 'redrive') return this.#redrive(id);
    if (kind === 'restart') {
      const answer = await this.#ask(`restart ${id}`, (operations) => operations.restart(id));
      if ('value' in answer) this.#expectCommitted(answer.value.id, 'execution.submitted', 'restart');
      return;
    }
    const event = `execution.${kind === 'cancel' ? 'cancelled' : kind === 'pause' ? 'paused' : 'resumed'}`;
    await this.#acked(id, kind === 'pause' ? event : undefined, kind, async (operations) => {
      const { status } = await operations[kind](id);
      if (kind === 'cancel' && status === 'CANCELLED') this.#expectCommitted(id, event, kind);
    });
  }

  async #signalOnce(id: string, operation: ClientOperation & { kind: 'signal' }): Promise<void> {
    const { name, payload } = operation;
    const done = await this.#acked(id, 'signal.received', `signal ${name}`, (operations) =>
      operations.signal(id, { name, id: operation.id, payload }),
    );
    if (done) this.#signalled.add(`${id}/${name}`);
  }

  async #redrive(id: string): Promise<void> {
    await this.#acked(id, undefined, 'redrive', async (operations) => {
      const { run } = await operations.redrive(id, {});
      if (run > 1) this.#expectCommitted(id, 'execution.redriven', 'redrive');
    });
  }

  /** Asks, and holds the host to it: what it says it did is in the durable log. False when it refused. */
  async #acked(id: string, event: string | undefined, what: string, ask: Ask<unknown>): Promise<boolean> {
    const answer = await this.#ask(`${what} ${id}`, ask);
    if ('refusal' in answer) return false;
    if (event) this.#expectCommitted(id, event, what);
    return true;
  }

  #expectCommitted(id: string, event: string, what: string): void {
    const { oracles } = this.#world;
    oracles.check(
      oracles.hasCommitted(id, event),
      '3 acknowledged',
      `${event} of ${id} is durable`,
      () => `${what} was answered before`,
    );
  }

  /** Asks again after each crash and each lost answer. */
  async #ask<T>(what: string, ask: Ask<T>): Promise<Answer<T>> {
    const { rng, schedule, counts, oracles } = this.#world;
    this.#asking++;
    for (;;) {
      const host = await this.#world.up();
      const outcome = await Promise.race([settled(ask(host.engine.operations, host)), host.died]);
      if (outcome === 'died') continue;
      if ('error' in outcome) {
        oracles.fail('operation', `${what} is answered`, String(outcome.error));
        return { refusal: new HoldfastError(String(outcome.error), '') };
      }
      if (rng.chance(schedule.faults.lostAnswer)) {
        counts.lostAnswer++;
        continue;
      }
      this.#asking--;
      oracles.note(`answered ${what}${'refusal' in outcome ? `: ${outcome.refusal.name}` : ''}`);
      return outcome;
    }
  }

  async #stuck(host: Host): Promise<void> {
    const { reader } = host.store;
    const lines: string[] = [];
    for (const { id, status } of await reader.list({
      statuses: ['QUEUED', 'RUNNING', 'PAUSED'],
      limit: 20,
    })) {
      const tasks = await reader.tasks(id, {
        statuses: ['READY', 'RUNNING', 'WAITING', 'PARKED', 'PENDING'],
        limit: 8,
      });
      const open = tasks.map((task) => `${task.taskId} ${task.status}@${task.attempt} ${task.reason ?? ''}`);
      lines.push(`${id} ${status}: ${open.join('; ')}`);
    }
    const usage = JSON.stringify(await host.slots.usage());
    this.#world.oracles.fail(
      '1 liveness',
      'every accepted execution ends',
      `stuck: ${lines.join(' | ')} | slots ${usage}`,
    );
  }
}

async function settled<T>(asked: Promise<T>): Promise<Answer<T> | { error: unknown }> {
  try {
    return { value: await asked };
  } catch (error) {
    const refused =
      error instanceof HoldfastError && error.kind !== 'unavailable' && error.kind !== 'internal';
    return refused ? { refusal: error } : { error };
  }
}
