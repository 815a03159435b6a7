/** Who comes in, and who doesn't, at the doors that a deployment has. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { httpTo } from '../e2e/http.ts';
import { openSocket } from '../e2e/socket.ts';
import { reach } from './addresses.ts';
import { claimsOf, tokenOf } from './issuer.ts';
import { onDeployment } from './on-deployment.ts';

onDeployment('the doors of a deployment', ({ emulatorUrl, issuerUrl, issuerKey, outputs }) => {
  const claims = claimsOf(issuerUrl);
  const withToken = (token: string) =>
    httpTo(reach(emulatorUrl, outputs.HttpAddress), () => ({ authorization: `Bearer ${token}` }));
  const good = withToken(tokenOf(claims, issuerKey));
  const foreignKey = () =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
  const past = claims.iat - 10;

  const ticketUrl = async (): Promise<string> =>
    reach(emulatorUrl, (await good.post('/tickets')).body.url as string);
  /** The status of a handshake that is refused. */
  const refusal = (url: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode!));
      socket.on('open', () => reject(new Error(`${url} lets one in`)));
      socket.on('error', reject);
    });

  test('take a token of the issuer', async () => {
    expect((await good.get('/workflows')).status).toBe(200);
  });

  test.each([
    ['no token', () => httpTo(good.url)],
    ['a token that has expired', () => withToken(tokenOf({ ...claims, exp: past }, issuerKey))],
    ['a token for somebody else', () => withToken(tokenOf({ ...claims, aud: 'another' }, issuerKey))],
    [
      'a token of another issuer',
      () => withToken(tokenOf({ ...claims, iss: 'https://other.example' }, issuerKey)),
    ],
    ["a token with somebody else's signature", () => withToken(tokenOf(claims, foreignKey()))],
    ['no token, but something like it', () => withToken('a.b.c')],
  ])('refuse requests with %s, on every route', async (_, door) => {
    const http = door();
    for (const path of ['/workflows', '/health', '/openapi.json', '/nothing/here'])
      expect([path, (await http.get(path)).status]).toEqual([path, 401]);
    expect((await http.post('/workflows', {})).status).toBe(401);
    expect((await http.post('/tickets')).status).toBe(401);
  });

  test('open the event socket with a ticket once', async () => {
    const url = await ticketUrl();
    const socket = await openSocket(url);
    socket.send({ type: 'ping' });
    await socket.next(({ type }) => type === 'pong');
    expect(await refusal(url)).toBe(401);
    await socket.close();
    expect(await refusal(url)).toBe(401);
  });

  test('refuse the event socket without a ticket, and with one that nobody gave out', async () => {
    const url = await ticketUrl();
    const { origin, pathname } = new URL(url);
    const bare = `${url.split(pathname)[0] ?? origin}${pathname}`;
    expect(await refusal(bare)).toBe(401);
    expect(await refusal(`${bare}?ticket=`)).toBe(401);
    expect(await refusal(`${bare}?ticket=${'A'.repeat(43)}`)).toBe(401);
    expect(await refusal(`${url}A`)).toBe(401);
  });
});
