import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { branchOf, checkedNodeId, downTopic, parseUpTopic, upTopic } from '../../../core/node/topics.ts';

const nodeIds = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
const channels = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);

describe('the topics of a node', () => {
  test('lie in its own branch', () => {
    expect(upTopic('edge-7', 'results')).toBe('holdfast/nodes/edge-7/up/results');
    expect(downTopic('edge-7', 'tasks')).toBe('holdfast/nodes/edge-7/down/tasks');
    expect(branchOf('edge-7', 'down')).toBe('holdfast/nodes/edge-7/down/#');
  });

  test('say whose they are', () => {
    fc.assert(
      fc.property(nodeIds, channels, (nodeId, channel) => {
        expect(parseUpTopic(upTopic(nodeId, channel))).toEqual({ nodeId, channel });
        expect(parseUpTopic(downTopic(nodeId, channel))).toBeUndefined();
      }),
    );
  });

  test('fit into what IoT Core takes', () => {
    fc.assert(
      fc.property(nodeIds, channels, (nodeId, channel) => {
        const topic = upTopic(nodeId, channel);
        expect(Buffer.byteLength(topic)).toBeLessThanOrEqual(256);
        expect(topic.split('/').length).toBeLessThanOrEqual(8);
      }),
    );
  });

  test.each(['', '+', '#', 'a/b', '*', '$iot', 'a'.repeat(65), 'é', '-a', 'a b', '${x}'])(
    'refuse the id %j, which could reach beyond them',
    (nodeId) => {
      expect(() => checkedNodeId(nodeId)).toThrow(InvalidInput);
      expect(() => upTopic(nodeId, 'results')).toThrow(InvalidInput);
    },
  );

  test.each(['', '#', 'a/b', 'A', '+'])('refuse the channel %j', (channel) => {
    expect(() => downTopic('edge-7', channel)).toThrow(InvalidInput);
  });

  test.each([
    'holdfast/nodes/a/up/b/c',
    'holdfast/nodes/a/up/',
    'holdfast/nodes//up/b',
    'other/nodes/a/up/b',
  ])('are no other topic: %s', (topic) => expect(parseUpTopic(topic)).toBeUndefined());
});
