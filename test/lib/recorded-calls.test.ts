/** Functions may do what they were recorded to do, or what `unrecorded.ts` gives a reason for, and nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Permission, PERMISSIONS } from '../../lib/permissions.ts';
import { recordedCalls } from './recorded-calls.ts';
import { UNRECORDED, type Unrecorded } from './unrecorded.ts';

type Permissions = Readonly<Record<string, readonly Permission[]>>;

/** What IAM decides on: a function, an action, a target, and in the table a beginning of keys. */
type Unit = string;
const unit = (...parts: (string | undefined)[]): Unit => parts.filter(Boolean).join(' ');
const withoutFunction = (one: Unit): Unit => one.slice(one.indexOf(' ') + 1);

const unitsOf = (permissions: Permissions): Unit[] =>
  Object.entries(permissions).flatMap(([name, statements]) =>
    statements.flatMap(({ actions, on, keys = [undefined] }) =>
      actions.flatMap((action) => on.flatMap((target) => keys.map((key) => unit(name, action, target, key)))),
    ),
  );

const recorded = new Set<Unit>(
  Object.entries(recordedCalls()).flatMap(([name, calls]) =>
    calls.map(({ action, target, key }) => unit(name, action, target, key)),
  ),
);
const recordedOfAny = new Set([...recorded].map(withoutFunction));

const unitsNamed = ({ of, ...permission }: Unrecorded): Unit[] =>
  of.flatMap((name) => unitsOf({ [name]: [permission as Permission] }));
const needed = new Set([...recorded, ...UNRECORDED.flatMap(unitsNamed)]);

/** What is needed and not granted, and what is granted and not needed. */
function differences(permissions: Permissions) {
  const granted = new Set(unitsOf(permissions));
  return {
    missing: [...needed].filter((one) => !granted.has(one)),
    idle: [...granted].filter((one) => !needed.has(one)),
  };
}

/** The permissions without one statement, or one action, target or key of it. */
function* reductions(): Generator<[what: string, Permissions]> {
  for (const [name, statements] of Object.entries<readonly Permission[]>(PERMISSIONS)) {
    for (const [at, statement] of statements.entries()) {
      const put = (...instead: Permission[]): Permissions => ({
        ...PERMISSIONS,
        [name]: statements.toSpliced(at, 1, ...instead),
      });
      yield [`${name}: ${JSON.stringify(statement)}`, put()];
      for (const part of ['actions', 'on', 'keys'] as const) {
        const all: readonly string[] = statement[part] ?? [];
        if (all.length < 2) continue;
        for (const one of all)
          yield [`${name}: ${one}`, put({ ...statement, [part]: all.filter((other) => other !== one) })];
      }
    }
  }
}

describe('what functions may do', () => {
  test('is what they do', () => {
    expect(recorded.size).toBeGreaterThan(200);
    expect(new Set(Object.keys(recordedCalls()))).toEqual(new Set(Object.keys(PERMISSIONS)));
    expect(differences(PERMISSIONS)).toEqual({ missing: [], idle: [] });
  });

  test('is too little without any statement, action, target or key', () => {
    const unnoticed: string[] = [];
    let tried = 0;
    for (const [what, permissions] of reductions()) {
      tried++;
      if (differences(permissions).missing.length === 0) unnoticed.push(what);
    }
    expect(tried).toBeGreaterThan(300);
    expect(unnoticed).toEqual([]);
  });

  test('is too much with any action, target or key of another function', () => {
    const all = unitsOf(PERMISSIONS);
    const known = new Set(all);
    for (const name of Object.keys(PERMISSIONS))
      for (const what of new Set(all.map(withoutFunction))) {
        const more = unit(name, what);
        if (known.has(more)) continue;
        const [action, target, key] = what.split(' ') as [string, Permission['on'][number], string?];
        const statement = { actions: [action], on: [target], ...(key !== undefined && { keys: [key] }) };
        const statements = (PERMISSIONS as Permissions)[name]!;
        expect(differences({ ...PERMISSIONS, [name]: [...statements, statement] }).idle).toEqual([more]);
      }
  });
});

describe('what is not recorded', () => {
  test.each(UNRECORDED)('is done in $path.0, $path.1', (entry) => {
    const [file, code] = entry.path;
    expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8')).toContain(code);
    expect(entry.why).not.toBe('');
    if (!entry.shared) expect(unitsNamed(entry).filter((one) => recorded.has(one))).toEqual([]);
  });

  test('is recorded of another function where it is said to be shared', () => {
    const shared = UNRECORDED.filter((entry) => entry.shared).flatMap(unitsNamed);
    expect(shared.filter((one) => !recordedOfAny.has(withoutFunction(one)))).toEqual([]);
  });
});
