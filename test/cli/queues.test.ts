import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, hopTo, transfer } from '../ports/custody-fixtures.ts';
import { type ApiServer, openApiServer } from '../lambdas/api-server.ts';
import { runCommand } from './run-command.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await openApiServer();
});
afterAll(() => server.close());

const env = () => ({ HOLDFAST_API: server.url });
const NONE =
  'Nothing waits.\n0 accepted = 0 waiting + 0 booked + 0 on their way + 0 delivered or handed on + 0 expired + 0 dead\n';

describe('holdfast queues', () => {
  test('says that nothing waits', async () => {
    expect(await runCommand(['queues'], { env: env() })).toEqual({ code: 0, out: NONE, err: '' });
  });

  test('watches until it is stopped, and writes what is new', async () => {
    let out = '';
    let stop = () => {};
    const watching = runCommand(['queues', '--watch'], {
      env: env(),
      stdout: { write: (text) => (out += text) },
      onInterrupt: (given) => {
        stop = given;
        return () => {};
      },
    });
    await expect.poll(() => out).toBe(NONE);
    const now = Date.now();
    const times = { acceptedMs: now, expiresMs: now + 3_600_000, dueMs: now };
    await server.custody.accept(transfer('late', { ...times, reason: 'no channel works' }), bytesOf(100));
    const hop = hopTo('relay', { departMs: now + 754_500 });
    await server.custody.accept(
      transfer('b', { ...times, state: 'booked', hop, precedence: 'flash', reason: 'booked\nfor it' }),
      bytesOf(100),
    );
    await expect.poll(() => out, { timeout: 5000 }).toContain('relay');
    stop();
    expect(await watching).toMatchObject({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n').slice(-4);
    expect(lines[0]!.split(/ {2,}/)).toEqual([
      'TO',
      'LINK',
      'CHANNEL',
      'PRECEDENCE',
      'WAITING',
      'BOOKED',
      'ON ITS WAY',
      'BYTES',
      'OLDEST',
      'NEXT CONTACT',
      'WHY',
    ]);
    expect(lines[1]).toMatch(/^edge-1 +- +- +routine +1 +0 +0 +100 +\d.* +- +no channel works$/);
    expect(lines[2]).toMatch(
      /^relay +hub-relay +satellite +flash +0 +1 +0 +100 +\d.* +in 12 min \d\d s +booked for it$/,
    );
    expect(lines[3]).toBe(
      '2 accepted = 1 waiting + 1 booked + 0 on their way + 0 delivered or handed on + 0 expired + 0 dead',
    );
  });

  test('prints what the API answers', async () => {
    const { out } = await runCommand(['queues', '--json'], { env: env() });
    expect(JSON.parse(out)).toMatchObject({ node: 'hub', queues: [{ to: 'edge-1' }, { to: 'relay' }] });
  });
});
