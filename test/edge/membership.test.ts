/** What a node keeps from start to start, by a real host. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinHost, membershipIn, secretToJoin } from '../../edge/join.ts';
import { settle } from '../../edge/membership.ts';
import { type EmbeddedHost, openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { openFolder } from '../cli/run-command.ts';

let host: EmbeddedHost;
const folder = openFolder();
const dirOf = (name: string) => join(folder.path, name);
beforeAll(async () => {
  host = await openHost({ dataDir: ':memory:', port: 0, logger: createLogger('silent') });
});
afterAll(async () => {
  await host.close();
  folder.remove();
});

test('a host refuses the data directory of a node', async () => {
  const dataDir = dirOf('camp');
  await settle(dataDir, { hubUrl: host.url, nodeId: 'camp' });
  await expect(openHost({ dataDir, port: 0 })).rejects.toMatchObject({
    name: 'InvalidInput',
    message: `${dataDir} is of the node "camp", and this host is "hub".`,
    fix: expect.stringContaining('npx holdfast edge --data-dir'),
  });
});

describe('a node', () => {
  test('joins once, and keeps what it was told until it is told something else', async () => {
    const dataDir = dirOf('edge-1');
    const position = { latitudeDegrees: 67.86, longitudeDegrees: 20.22, altitudeM: 400 };
    const channels = [
      { channel: 'primary' },
      { channel: 'satellite', url: 'wss://sat.example.org/mqtt' },
    ] as const;
    const given = { hubUrl: host.url, nodeId: 'edge-1', capabilities: ['camera'], position, channels };
    const first = await settle(dataDir, given);
    expect(first).toMatchObject({
      isNew: true,
      membership: {
        nodeId: 'edge-1',
        hub: 'hub',
        node: { kind: 'edge', capabilities: ['camera'], position },
        brokerUrls: {
          primary: `${host.url.replace('http', 'ws')}/mqtt`,
          satellite: 'wss://sat.example.org/mqtt',
        },
      },
    });
    expect(statSync(join(dataDir, 'node.json')).mode & 0o777).toBe(0o600);
    expect(await settle(dataDir, {})).toEqual({ ...first, isNew: false });

    const moved = [{ channel: 'primary', url: 'wss://new.example.org/mqtt' }] as const;
    const again = await settle(dataDir, { capabilities: ['gpu'], concurrency: 2, channels: moved });
    expect(again.membership).toEqual({
      ...first.membership,
      node: { kind: 'edge', capabilities: ['gpu'], concurrency: 2, position },
      brokerUrls: { primary: 'wss://new.example.org/mqtt', satellite: 'wss://sat.example.org/mqtt' },
    });
    expect(membershipIn(dataDir)).toEqual(again.membership);
    expect((await settle(dataDir, { hubUrl: `${host.url}/` })).isNew).toBe(false);
    await expect(settle(dataDir, { nodeId: 'edge-2' })).rejects.toThrow(/of the node "edge-1", and "edge-2"/);
    await expect(settle(dataDir, { hubUrl: 'http://127.0.0.1:1' })).rejects.toThrow(/belongs to the host at/);
    await expect(settle(dirOf('twin'), given)).rejects.toThrow(/does not let "edge-1" join \(409\)/);
  });

  test('joins again by itself where it was killed before it kept what it was given', async () => {
    const dataDir = dirOf('killed');
    const nodeId = 'killed';
    const secret = secretToJoin(dataDir, { hubUrl: host.url, nodeId });
    expect(statSync(join(dataDir, 'joining.json')).mode & 0o777).toBe(0o600);
    const node = { nodeId, kind: 'edge' as const, capabilities: [] };
    const lost = await joinHost({ hubUrl: host.url, node, secret, channels: [{ channel: 'primary' }] });
    const { membership, isNew } = await settle(dataDir, { hubUrl: host.url, nodeId });
    expect(isNew).toBe(true);
    expect(membership.credentials).toEqual(lost.credentials);
    expect(existsSync(join(dataDir, 'joining.json'))).toBe(false);
    await expect(settle(dirOf('thief'), { hubUrl: host.url, nodeId })).rejects.toThrow(/join \(409\)/);
  });

  test('refuses to start without a host to join, and from what is damaged', async () => {
    await expect(settle(dirOf('lost'), {})).rejects.toMatchObject({
      message: expect.stringContaining('has joined no host'),
      fix: expect.stringContaining('--join'),
    });
    expect(membershipIn(dirOf('lost'))).toBeUndefined();
    const dataDir = dirOf('damaged');
    mkdirSync(dataDir);
    for (const [text, why] of [
      ['{"nodeId"', /node\.json is damaged: .*JSON/],
      ['{"nodeId": "edge-1"}', /node\.json is damaged: .*hubUrl/],
    ] as const) {
      writeFileSync(join(dataDir, 'node.json'), text);
      await expect(settle(dataDir, {})).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringMatching(why),
      });
    }
  });
});
