import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONNECTED_NODE, nodePolicy } from '../../../adapters/aws/node-policy.ts';
import { branchOf, downTopic, upTopic } from '../../../core/node/topics.ts';

const SCOPE = { partition: 'aws', region: 'eu-central-1', account: '123456789012' };
const arn = (resource: string) => `arn:aws:iot:eu-central-1:123456789012:${resource}`;

/** As IoT Core decides: some statement names the action, and a resource of it matches, `*` being any characters. */
function allows(nodeId: string, action: string, resource: string): boolean {
  // The variable is the name of the thing that the certificate belongs to.
  const { Statement } = JSON.parse(
    JSON.stringify(nodePolicy(SCOPE)).replaceAll(CONNECTED_NODE, nodeId),
  ) as ReturnType<typeof nodePolicy>;
  const matches = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(
      arn(resource),
    );
  return Statement.some(({ Action, Resource }) => Action.includes(action) && Resource.some(matches));
}

const nodeIds = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
const twoNodes = fc.tuple(nodeIds, nodeIds).filter(([one, other]) => one !== other);

describe('the policy of nodes', () => {
  test('lets a node connect as itself, say things and hear what it is told', () => {
    fc.assert(
      fc.property(nodeIds, (node) => {
        expect(allows(node, 'iot:Connect', `client/${node}`)).toBe(true);
        expect(allows(node, 'iot:Publish', `topic/${upTopic(node, 'results')}`)).toBe(true);
        expect(allows(node, 'iot:Subscribe', `topicfilter/${branchOf(node, 'down')}`)).toBe(true);
        expect(allows(node, 'iot:Receive', `topic/${downTopic(node, 'tasks')}`)).toBe(true);
      }),
    );
  });

  test('lets no node be, hear or speak as another', () => {
    fc.assert(
      fc.property(twoNodes, ([node, other]) => {
        expect(allows(node, 'iot:Connect', `client/${other}`)).toBe(false);
        expect(allows(node, 'iot:Publish', `topic/${upTopic(other, 'results')}`)).toBe(false);
        expect(allows(node, 'iot:Subscribe', `topicfilter/${branchOf(other, 'down')}`)).toBe(false);
        expect(allows(node, 'iot:Subscribe', `topicfilter/${branchOf(other, 'up')}`)).toBe(false);
        expect(allows(node, 'iot:Receive', `topic/${downTopic(other, 'tasks')}`)).toBe(false);
      }),
    );
  });

  test.each([
    '#',
    'holdfast/#',
    'holdfast/nodes/+/down/#',
    'holdfast/nodes/+/+/tasks',
    '$aws/things/a/shadow/#',
  ])('lets no node subscribe to %s', (filter) =>
    expect(allows('a', 'iot:Subscribe', `topicfilter/${filter}`)).toBe(false),
  );

  test('lets no node tell itself what the host tells it', () => {
    expect(allows('a', 'iot:Publish', `topic/${downTopic('a', 'tasks')}`)).toBe(false);
  });

  test('asks that the certificate belongs to the thing', () => {
    const [connect] = nodePolicy(SCOPE).Statement;
    expect(connect!.Condition).toEqual({ Bool: { 'iot:Connection.Thing.IsAttached': ['true'] } });
  });

  test('fits into a policy of IoT Core', () => {
    expect(JSON.stringify(nodePolicy(SCOPE)).length).toBeLessThan(2048);
  });
});
