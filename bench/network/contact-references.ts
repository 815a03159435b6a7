/** Published contact plans and the answers recorded to them, in ../shared/data beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContactPlan, compilePlan } from '../../core/contact-plan/compile.ts';
import { parsePlan, type Plan } from '../../core/contact-plan/plan.ts';
import type { RouteQuery } from '../../core/routing/router.ts';
import type { Asked } from './contact-plans.ts';

export const NETWORK_DATA = join(import.meta.dirname, '../../../shared/data/network');
export const hasReferences = existsSync(NETWORK_DATA);

const read = (file: string): string => readFileSync(join(NETWORK_DATA, file), 'utf8');

export const readParsed = (file: string): Plan => parsePlan(read(file), file);

export function readPlan(file: string): ContactPlan {
  const { contacts, nodes } = readParsed(file);
  return compilePlan(contacts, nodes);
}

export interface Recorded<Query extends RouteQuery> {
  query: Query;
  /** Undefined where there is no route. */
  arrivalMs: number | undefined;
}

/** Those to `asabr-sample1.json`. */
export function asabrAnswers(): Recorded<Asked>[] {
  const answers = JSON.parse(read('asabr-sample1-expected.json')) as {
    src: string;
    dst: string;
    t: number;
    size: number;
    arrival: number | null;
  }[];
  return answers.map(({ src, dst, t, size, arrival }) => ({
    query: { from: src, to: dst, atMs: t * 1000, sizeBytes: size / 8 },
    arrivalMs: arrival === null ? undefined : arrival * 1000,
  }));
}

export interface HdtnAnswer extends Recorded<RouteQuery> {
  /** Its file. */
  plan: string;
  nextHop: string | undefined;
  /** The best ten routes, if they were recorded: in the order of arrival, in any where that is the same. */
  alternatives: { nextHop: string; arrivalMs: number }[] | undefined;
}

export function hdtnAnswers(): HdtnAnswer[] {
  const { queries } = JSON.parse(read('hdtn-expected.json')) as {
    queries: {
      plan: string;
      src: number;
      dst: number;
      next?: number;
      bdt?: number;
      yen_k10?: [next: number, arrival: number][];
    }[];
  };
  return queries.map(({ plan, src, dst, next, bdt, yen_k10: yen }) => ({
    plan: `hdtn-${plan}.json`,
    query: { from: String(src), to: String(dst), atMs: 0 },
    arrivalMs: bdt === undefined ? undefined : bdt * 1000,
    nextHop: next === undefined ? undefined : String(next),
    alternatives: yen?.map(([hop, arrival]) => ({ nextHop: String(hop), arrivalMs: arrival * 1000 })),
  }));
}
