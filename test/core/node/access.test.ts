import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientIdOf, parseClientId, publishedOver, subscribedTo } from '../../../core/node/access.ts';
import { CHANNELS } from '../../../core/node/node.ts';
import { branchOf, downTopic, upTopic } from '../../../core/node/topics.ts';

const nodeId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
const channel = fc.constantFrom(...CHANNELS);
/** Pieces of topics, put together in every way. */
const topic = fc
  .array(
    fc.constantFrom(
      'holdfast',
      'nodes',
      'a',
      'b',
      'up',
      'down',
      'primary',
      'mesh',
      '+',
      '#',
      '',
      '$SYS',
      '..',
    ),
    {
      maxLength: 7,
    },
  )
  .map((levels) => levels.join('/'));

describe('access of nodes', () => {
  test('knows a connection by its client id', () => {
    fc.assert(
      fc.property(nodeId, fc.option(channel, { nil: undefined }), (id, over) => {
        const connection = { nodeId: id, ...(over && { channel: over }) };
        expect(parseClientId(clientIdOf(connection))).toEqual(connection);
      }),
    );
  });

  test.each(['', '/', 'a/', 'a/fibre', 'a/primary/mesh', 'a+', '#', 'a b', `a${'x'.repeat(64)}`, '/primary'])(
    'refuses the client id %j',
    (clientId) => {
      expect(parseClientId(clientId)).toBeUndefined();
    },
  );

  test('lets a node publish and subscribe under its own branch and nowhere else', () => {
    fc.assert(
      fc.property(topic, (text) => {
        const over = publishedOver({ nodeId: 'a' }, text);
        expect(over !== undefined).toBe(CHANNELS.some((one) => text === upTopic('a', one)));
        const to = subscribedTo({ nodeId: 'a' }, text);
        const own = [branchOf('a', 'down'), ...CHANNELS.map((one) => downTopic('a', one))];
        expect(to.length > 0).toBe(own.includes(text));
      }),
      {
        numRuns: 2000,
        examples: [[upTopic('a', 'primary')], [upTopic('b', 'primary')], [branchOf('a', 'down')]],
      },
    );
  });

  test('keeps a connection of one channel to that channel', () => {
    const mesh = { nodeId: 'a', channel: 'mesh' } as const;
    expect(publishedOver(mesh, upTopic('a', 'mesh'))).toBe('mesh');
    expect(publishedOver(mesh, upTopic('a', 'primary'))).toBeUndefined();
    expect(subscribedTo(mesh, downTopic('a', 'primary'))).toEqual([]);
    expect(subscribedTo(mesh, branchOf('a', 'down'))).toEqual(['mesh']);
  });
});
