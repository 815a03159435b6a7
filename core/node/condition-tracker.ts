/** A node's condition over time: no trace of its links makes it oscillate. */
import { checkNumbers, checkTime, DAY_MS } from '../link-health/checks.ts';
import { DAMPING, type DampingSettings, FlapDamping, flapsMax } from '../link-health/flap-damping.ts';
import { lasting } from '../link-health/state.ts';
import { isUndecided, type Measured, measureCondition, measuredUntilMs, type NodeView } from './condition.ts';
import { type Condition, CONDITIONS } from './node.ts';

export interface ConditionSettings {
  /** It must be measured worse for so long before it is. @default 5 s */
  worsenMs?: number;
  /** It must be measured better for so long before it is. @default 30 s */
  improveMs?: number;
  /** What comes and goes stays at its worse condition. @default RFC 2439's figures */
  damping?: DampingSettings;
}

export interface NodeCondition extends Measured {
  sinceMs: number;
  /** What is measured now, where it differs. */
  measured?: Measured;
  /** Until when it is held because it came and went too often; earlier only if it gets worse. */
  heldUntilMs?: number;
}

export interface ConditionChange extends Measured {
  from: Condition | undefined;
  atMs: number;
}

/** From the best to the worst. */
const SEVERITY: readonly Condition[] = ['nominal', 'degraded', 'satellite-only', 'denied', 'offline'];

const severity = (condition: Condition): number => SEVERITY.indexOf(condition);

/** Measurements on one side of the present condition, without a break. */
interface Streak {
  isWorse: boolean;
  sinceMs: number;
  /** Of all that were measured, the one nearest to the present condition: that much is certain. */
  nearest: Measured;
}

export class ConditionTracker {
  readonly #worsenMs: number;
  readonly #improveMs: number;
  readonly #damping: FlapDamping;
  #current: (Measured & { sinceMs: number }) | undefined;
  #measured: Measured | undefined;
  #streak: Streak | undefined;
  #hasImproved = false;
  #nowMs = -Infinity;
  #measuredUntilMs = Infinity;

  constructor({ worsenMs = 5000, improveMs = 30_000, damping = DAMPING }: ConditionSettings = {}) {
    const range = { least: 0, most: DAY_MS };
    checkNumbers({ worsenMs, improveMs }, { worsenMs: range, improveMs: range });
    this.#worsenMs = worsenMs;
    this.#improveMs = improveMs;
    this.#damping = new FlapDamping(damping);
  }

  /** Undefined until something was measured. */
  get(nowMs: number): NodeCondition | undefined {
    if (this.#current === undefined) return undefined;
    const measured = this.#measured!;
    const heldUntilMs = this.#streak?.isWorse === false ? this.#damping.reuseAtMs(nowMs) : undefined;
    return {
      ...this.#current,
      ...(measured.condition === this.#current.condition ? { reasons: measured.reasons } : { measured }),
      ...(heldUntilMs === undefined ? {} : { heldUntilMs }),
    };
  }

  /** Measures, and tells of a change. */
  observe(view: NodeView, nowMs: number): ConditionChange | undefined {
    this.#nowMs = Math.max(this.#nowMs, checkTime(nowMs));
    if (this.#current === undefined && isUndecided(view)) return undefined;
    this.#measured = measureCondition(view, this.#nowMs, this.#current?.condition);
    this.#measuredUntilMs = measuredUntilMs(view, this.#nowMs);
    if (this.#current === undefined) return this.#change(this.#measured);
    this.#streak = this.#nextStreak(this.#measured, severity(this.#current.condition));
    if (this.#streak === undefined || this.#nowMs < this.#dueMs) return undefined;
    return this.#change(this.#streak.nearest);
  }

  /** When to observe again though nothing happens. */
  get nextLookMs(): number {
    return Math.min(this.#streak === undefined ? Infinity : this.#dueMs, this.#measuredUntilMs);
  }

  get #dueMs(): number {
    const { isWorse, sinceMs } = this.#streak!;
    if (isWorse) return sinceMs + this.#worsenMs;
    return Math.max(sinceMs + this.#improveMs, this.#damping.reuseAtMs(this.#nowMs) ?? -Infinity);
  }

  #nextStreak(measured: Measured, current: number): Streak | undefined {
    const by = severity(measured.condition) - current;
    if (by === 0) return undefined;
    const isWorse = by > 0;
    const before = this.#streak?.isWorse === isWorse ? this.#streak : undefined;
    if (before === undefined) return { isWorse, sinceMs: this.#nowMs, nearest: measured };
    const distance = Math.abs(severity(before.nearest.condition) - current);
    return { ...before, nearest: Math.abs(by) <= distance ? measured : before.nearest };
  }

  #change({ condition, reasons }: Measured): ConditionChange {
    const from = this.#current?.condition;
    const isWorse = from !== undefined && severity(condition) > severity(from);
    // A way down in steps is one failure; coming back and failing again is another.
    if (isWorse && this.#hasImproved) this.#damping.flap(this.#nowMs);
    const streak = this.#streak;
    const lasted = streak === undefined ? [] : [`so for ${lasting(this.#nowMs - streak.sinceMs)}`];
    this.#hasImproved = from !== undefined && !isWorse;
    this.#current = { condition, reasons, sinceMs: this.#nowMs };
    this.#streak = undefined;
    // What is measured beyond it goes on from here.
    if (this.#measured !== undefined) this.#streak = this.#nextStreak(this.#measured, severity(condition));
    return { from, condition, atMs: this.#nowMs, reasons: [...reasons, ...lasted] };
  }
}

/**
 * The most changes that a node can show in `durationMs`: every fall after a rise is a flap, and between two of them
 * it can only go down all the way and up all the way.
 */
export function conditionChangesMax(durationMs: number, damping: DampingSettings = DAMPING): number {
  return 2 * (CONDITIONS.length - 1) * (flapsMax(durationMs, damping) + 1);
}
