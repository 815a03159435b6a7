/** An OpenID Connect issuer of this machine's own, whose tokens the deployed HTTP API takes. */
import { execFileSync } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

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
  /** The file of the certificate that whoever asks it has to trust. */
  certificate: string;
  /** Signs its tokens, in PEM. */
  key: string;
  close(): void;
}

/** Keeps its key and certificate in `dir`; `python` makes them. */
export async function openIssuer(python: string, dir: string): Promise<Issuer> {
  execFileSync(python, [join(import.meta.dirname, 'certificate.py'), dir]);
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')];
  const tls = { key: readFileSync(key), cert: readFileSync(certificate) };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }];
  const server = createServer(tls, (request, response) => {
    const isConfiguration = request.url === '/.well-known/openid-configuration';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isConfiguration ? { issuer: url, jwks_uri: `${url}/jwks` } : { keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    certificate,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    close: () => server.close(),
  };
}

/** What tokens of the issuer `iss` say for an hour. */
export function claimsOf(iss: string): Claims {
  const iat = Math.floor(Date.now() / 1000);
  return { iss, aud: AUDIENCE, sub: 'tester', iat, exp: iat + 3600 };
}

/** A token, signed with a private key in PEM. */
export function tokenOf(claims: Claims, key: string): string {
  const text = [{ alg: 'RS256', kid: 'one', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}
