/** What an answer means that did not come from Holdfast itself, but from what stands before it. */
import type { Problem } from '../core/api/problem.ts';
import { HoldfastProblem, HostUnreachable } from './errors.ts';
import { isApiGateway } from './sign.ts';

/** An API Gateway refuses with `{ "message": "Forbidden" }`. */
export type GatewayAnswer = { message?: unknown; Message?: unknown } | undefined;

export interface Refused {
  base: string;
  status: number;
  call: { method: string; path: string };
  /** What the request was sent with. */
  proof: 'token' | 'signature' | 'nothing';
  body: GatewayAnswer;
}

export function explainGateway({ base, status, call, proof, body }: Refused): Error {
  const what = `${call.method} ${call.path}`;
  const message = body?.message ?? body?.Message;
  const reason = typeof message === 'string' ? message.slice(0, 500) : undefined;
  if (status === 401 || status === 403) {
    const detail = `${base} refused ${what} (${status})${reason === undefined ? '' : `: ${reason}`}.`;
    return new HoldfastProblem(problem(status, detail, fixOf(base, proof), call.path));
  }
  if (reason !== undefined && (status === 429 || status >= 500))
    return new HostUnreachable(
      `${base} answered ${status} to ${what}: ${reason}.`,
      'Try again in a moment. If it lasts, look at the log of the API and at its throttling.',
    );
  return new HostUnreachable(
    `${base} answered ${status} to ${what}, but not as Holdfast does.`,
    'Check the address: another program, or a proxy in between, seems to listen there.',
  );
}

function fixOf(base: string, proof: Refused['proof']): string {
  if (proof === 'token')
    return 'The token has expired or is not one that this API takes: get a new one, and set HOLDFAST_TOKEN or --token.';
  if (proof === 'signature')
    return "The environment's AWS credentials may not call this API: allow them execute-api:Invoke on it (grantSubmit does), and check that they have not expired and that the clock is right.";
  const token = 'Set HOLDFAST_TOKEN or --token.';
  if (!isApiGateway(base)) return token;
  return `${token} Or sign with AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (eval "$(aws configure export-credentials --format env)").`;
}

const problem = (status: number, detail: string, fix: string, instance: string): Problem => ({
  type: 'urn:holdfast:problem:access-refused',
  title: 'The request is not allowed',
  status,
  code: 'AccessRefused',
  detail,
  fix,
  instance,
});
