import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';
import { refusal } from './refusal.ts';

const DEFAULTS = { strategy: 'best-route', precedence: 'routine' };
const document = (fields: JsonObject) => ({ name: 'x', tasks: [{ id: 'a', type: 'pass', ...fields }] });
const placement = (fields: JsonObject) => parseWorkflow(document(fields)).tasks[0]!.placement;
const refused = (fields: JsonObject) => refusal(document(fields));

describe('a placement', () => {
  it.each([
    [{ node: 'edge-1' }, { nodes: ['edge-1'] }],
    [{ nodes: ['edge-1', 'hub'] }, { nodes: ['edge-1', 'hub'] }],
    [{ capability: 'camera' }, { capabilities: ['camera'] }],
    [{ capabilities: ['camera', 'gpu:2'] }, { capabilities: ['camera', 'gpu:2'] }],
    [{ placement: {} }, {}],
    [{ placement: { node: 'edge-1', sticky: 7 } }, { nodes: ['edge-1'], sticky: '7' }],
    [
      { node: 'hub', placement: { strategy: 'round_robin' } },
      { nodes: ['hub'], strategy: 'round-robin' },
    ],
    [
      { placement: { strategy: 'leastLoaded', precedence: 'FLASH' } },
      { strategy: 'least-loaded', precedence: 'flash' },
    ],
    [{ placement: { lifetime: '5m' } }, { lifetimeMs: 300_000 }],
    [{ placement: { lifetime_seconds: 5 } }, { lifetimeMs: 5000 }],
    [{ node: '${execution.id}' }, { nodes: ['${execution.id}'] }],
  ])('may be spelled %j', (fields, canonical) => {
    expect(placement(fields)).toEqual({ ...DEFAULTS, ...canonical });
    expect(placement({ placement: placement(fields) as JsonObject })).toEqual({ ...DEFAULTS, ...canonical });
  });

  it.each(['condition', 'wait', 'signal', 'approval'])('is refused for a %s, with the reason', (type) => {
    const given = { id: 'a', type, node: 'edge-1' };
    const own = type === 'wait' ? { input: { ms: 1 } } : type === 'condition' ? { condition: 'true' } : {};
    expect(refusal({ name: 'x', tasks: [{ ...given, ...own }] })).toMatch(
      new RegExp(
        `^tasks\\[0\\]\\.node: A ${type} task is not placed on a node: it (waits|is decided) where the workflow runs`,
      ),
    );
  });

  it.each([
    [{ placement: 'edge-1' }, 'placement: "placement" must be an object, not "edge-1".'],
    [
      { placement: { startegy: 'x' } },
      'placement.startegy: There is no field "startegy" here. Did you mean "strategy"?',
    ],
    [
      { placement: { strategy: 'round-robbin' } },
      'placement.strategy: "strategy" can\'t be "round-robbin". Did you mean "round-robin"?',
    ],
    [
      { placement: { precedence: 'flsh' } },
      'placement.precedence: "precedence" can\'t be "flsh". Did you mean "flash"?',
    ],
    [{ node: 'a', placement: { node: 'b' } }, 'node: "node" and "placement.node" say the same.'],
    [{ node: 'edge 1' }, 'node: "edge 1" is not the id of a node.'],
    [{ placement: { nodes: ['a', 'b c'] } }, 'placement.nodes[1]: "b c" is not the id of a node.'],
    [{ capability: [] }, 'capability: "capability" must be a name or a list of names, not a list of 0.'],
    [
      { capability: ['a', 3] },
      'capability: "capability" must be a name or a list of names, not a list of 2.',
    ],
    [{ placement: { lifetime: 0 } }, 'placement.lifetime: "lifetime" is 0: the time would be up at once.'],
    [{ placement: { lifetime: 'soon' } }, 'placement.lifetime: "lifetime" must be a duration, not "soon".'],
    [{ node: '${site}' }, 'node: `site` reads "site", which is neither a variable nor a task.'],
    [{ placement: { sticky: '${1 +}' } }, 'placement.sticky: '],
  ])('is refused: %j', (fields, message) => {
    expect(refused(fields).startsWith(`tasks[0].${message}`), refused(fields)).toBe(true);
  });
});
