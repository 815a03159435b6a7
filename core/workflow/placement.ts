/** Reads where a task may run, in any spelling. */
import type { JsonObject, JsonValue } from '../json.ts';
import type { Context } from './context.ts';
import { PLACEMENT_NAMES } from './definition.ts';
import { type Field, Fields, readObject } from './fields.ts';
import { describe, type Path } from './issues.ts';
import { readLimit } from './settings.ts';

export const PLACEMENT_FIELDS = {
  nodes: ['nodes', 'node'],
  capabilities: ['capabilities', 'capability'],
  strategy: ['strategy'],
  sticky: ['sticky', 'stickyKey', 'sticky_key'],
  precedence: ['precedence'],
  lifetimeMs: ['lifetimeMs', 'lifetime', 'lifetime_ms', 'lifetimeSeconds', 'lifetime_seconds'],
} as const;

/** Why a task of an engine type is not placed; the others of these types run as a child execution, which is. */
const UNPLACED: Readonly<Record<string, string>> = {
  condition: 'it is decided where the workflow runs',
  wait: 'it waits where the workflow runs',
  signal: 'it waits where the workflow runs, which is where the signal comes',
  approval: 'it waits where the workflow runs, which is where the answer comes',
};

interface Given {
  placement?: Field;
  /** Written beside the task's other fields. */
  nodes?: Field;
  capabilities?: Field;
}

/** The placement in canonical fields; undefined where there is none, or with an issue. `place` is told where each was written. */
export function readPlacement(
  type: string | undefined,
  given: Given,
  context: Context,
  place: (name: string, path: Path) => void,
): JsonObject | undefined {
  const { issues } = context;
  const first = given.placement ?? given.nodes ?? given.capabilities;
  if (!first) return undefined;
  const why = type === undefined ? undefined : UNPLACED[type];
  if (why !== undefined) {
    issues.add(
      first.path,
      `A ${type} task is not placed on a node: ${why}.`,
      'Remove it, and place the tasks that do the work.',
      { key: true },
    );
    return undefined;
  }
  place('placement', first.path);
  const placement: JsonObject = {};
  const set = (name: string, field: Field | undefined, value: JsonValue | undefined): void => {
    if (!field || value === undefined) return;
    placement[name] = value;
    place(`placement.${name}`, field.path);
  };
  const source = given.placement && readObject(given.placement, issues);
  if (given.placement && !source) return undefined;
  const fields = source && new Fields(source, given.placement!.path, PLACEMENT_FIELDS, issues);
  for (const name of ['nodes', 'capabilities'] as const) {
    const [short, long] = [given[name], fields?.take(name)];
    if (short && long)
      issues.add(
        short.path,
        `"${short.key}" and "placement.${long.key}" say the same.`,
        'Keep one of the two.',
        {
          key: true,
        },
      );
    const field = long ?? short;
    set(name, field, field && readNames(name, field, context));
    if (field && !Array.isArray(field.value)) place(`placement.${name}.0`, field.path);
  }
  const strategy = fields?.take('strategy');
  set('strategy', strategy, strategy && kebab(strategy.value));
  const precedence = fields?.take('precedence');
  set('precedence', precedence, precedence && kebab(precedence.value));
  const sticky = fields?.take('sticky');
  set('sticky', sticky, typeof sticky?.value === 'number' ? String(sticky.value) : sticky?.value);
  const lifetime = fields?.take('lifetimeMs');
  set('lifetimeMs', lifetime, lifetime && readLimit(lifetime, context.numberUnit, issues));
  return placement;
}

const NAMES = {
  nodes: {
    what: 'the id of a node',
    such: '[edge-1, edge-2]',
    fix: 'Use up to 64 letters, digits, "-" and "_", beginning with a letter or a digit.',
  },
  capabilities: {
    what: 'a capability',
    such: '[camera, gpu]',
    fix: 'Use up to 64 letters, digits and any of _ . : / -, beginning with a letter or a digit.',
  },
} as const;

/** One name or a list of them; what holds an expression is checked once that has a value. */
function readNames(name: keyof typeof NAMES, { value, key, path }: Field, { issues }: Context) {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((entry) => typeof entry === 'string')) {
    issues.add(
      path,
      `"${key}" must be a name or a list of names, not ${describe(value)}.`,
      `Write such as ${NAMES[name].such}.`,
    );
    return undefined;
  }
  for (const [index, entry] of list.entries())
    if (!entry.includes('${') && !PLACEMENT_NAMES[name].test(entry))
      issues.add(
        Array.isArray(value) ? [...path, index] : path,
        `${describe(entry)} is not ${NAMES[name].what}.`,
        NAMES[name].fix,
      );
  return list;
}

/** `round_robin` and `roundRobin` are `round-robin`. */
const kebab = (value: JsonValue): JsonValue =>
  typeof value === 'string'
    ? value
        .replace(/([a-z])([A-Z])/g, '$1-$2')
        .replaceAll('_', '-')
        .toLowerCase()
    : value;
