/** An OpenID Connect issuer of this machine's own, whose tokens the deployed HTTP API takes. */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const AUDIENCE = 'holdfast';

export interface Claims {
  iss: string;
  aud: string;
  sub: string;
  iat: number;
  exp: number;
}

export interface Issuer {
  url: string;
  /** A token of this issuer's, for an hour, unless the claims say otherwise. */
  token(claims?: Partial<Claims>): string;
  close(): void;
}

export async function openIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }];
  const server = createServer((request, response) => {
    const isConfiguration = request.url === '/.well-known/openid-configuration';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isConfiguration ? { issuer: url, jwks_uri: `${url}/jwks` } : { keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (claims) => signed({ ...usual(url), ...claims }, privateKey),
    close: () => server.close(),
  };
}

/** Of an issuer that nobody knows, which says it is another one. */
export const forged = (claims: Claims): string =>
  signed(claims, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);

export function usual(iss: string): Claims {
  const iat = Math.floor(Date.now() / 1000);
  return { iss, aud: AUDIENCE, sub: 'tester', iat, exp: iat + 3600 };
}

function signed(claims: Claims, key: KeyObject): string {
  const text = [{ alg: 'RS256', kid: 'one', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}
