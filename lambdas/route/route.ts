import { ENDS } from '../../core/dag/graph.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import { type Claim, createClaims } from '../../core/execution/claims.ts';
import type { Task } from '../../core/execution/execution.ts';
import { failed, permanent, skipped, succeeded } from '../../core/execution/outcome.ts';
import { pack, type Packed } from '../../core/execution/payload.ts';
import type { Plan } from '../../core/execution/plans.ts';
import { type Preparation, prepare } from '../../core/execution/prepare.ts';
import { END, type RunRef, type Step } from '../../core/execution/steps.ts';
import { placementRequest } from '../../core/execution/placed.ts';
import { createHold } from './hold.ts';
import { createParking } from './parking.ts';
import type { RoutePorts } from './ports.ts';
import { createRun } from './run.ts';

export type { RoutePorts } from './ports.ts';

/** Attempts cut short by their host before the task itself is suspected. */
const INTERRUPTIONS_MAX = 50;

/**
 * State `Route`: decides what becomes of a task whose parents have ended. It may be asked twice, or about a task that has
 * moved on; the claim's fence lets one asker win and the others end.
 */
export function createRoute(ports: RoutePorts) {
  const { store, plans, payloads, finish } = ports;
  const claims = createClaims(ports);
  const run = createRun(ports, claims);
  const { hold, send, takeUp } = createHold(ports, claims, begin);
  const park = createParking(claims);

  return async function route(given: RunRef): Promise<Step> {
    const ref = given.sinceMs === undefined ? { ...given, sinceMs: ports.clock.now() } : given;
    const plan = await plans.of(ref.executionId, ref.run);
    const record = plan && (await store.task(ref));
    if (!record) return END;
    if (record.status === 'WAITING') return takeUp(plan, record, ref);
    if (record.status === 'READY' || record.status === 'PARKED') return begin(plan, record, ref);
    // Dispatched because a place came free, and past needing it.
    await claims.release(record);
    return END;
  };

  async function begin(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const at = { ref, attempt: record.attempt, from: [record.status] };
    const task = plan.program.graph.tasks[record.index]!;
    if (record.interruptions > INTERRUPTIONS_MAX) {
      return finish(plan, failed(at, task, hostLost(record), record.failures));
    }
    let preparation: Preparation;
    let input: Packed = {};
    let before: Claim['before'];
    try {
      preparation = await prepare(ports, plan, record);
      if (preparation.kind === 'handler') input = await pack(preparation.input, payloads);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      await claims.release(record);
      return finish(plan, failed(at, task, permanent(error), record.failures + 1));
    }
    // Off the Express lane it was placed already: here.
    if ('placement' in preparation && preparation.placement !== undefined && !ref.detached) {
      const given = preparation.kind === 'handler' ? preparation.input : undefined;
      const placed = await ports.placer.place(placementRequest(task, record, preparation.placement, given));
      if (placed.kind === 'none') return park(record, placed.reason, true);
      if (placed.kind === 'node') return send(plan, record, ref, placed);
      const { node, reason } = placed;
      before = { type: 'task.placed', data: { node, reason } };
    }
    if (preparation.kind === 'handler') return run(plan, record, ref, input, before);
    if (preparation.kind === 'wait' || preparation.kind === 'park')
      return hold(plan, record, ref, preparation, before);
    await claims.release(record);
    if (preparation.kind === 'skip') return finish(plan, skipped(at, preparation.reason));
    const { result } = preparation;
    return finish(plan, succeeded(at, { output: { result } }, result ? ENDS.success : ENDS.failure));
  }
}

const hostLost = ({ interruptions }: Task) => ({
  error: 'HostLost',
  cause: `its host went away ${interruptions} times during an attempt; the task may be what brings it down`,
  retryable: false,
});
