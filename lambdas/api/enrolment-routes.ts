import { isoTime } from '../../core/api/views.ts';
import type { NodeCredentials } from '../../core/ports/node-registry.ts';
import type { ApiRequest } from './request.ts';
import { type ApiDependencies, ok, type Routes } from './dependencies.ts';

type EnrolmentRoutes = Pick<Routes, 'issueCredentials' | 'revokeCredentials' | 'createJoinToken' | 'join'>;

export function enrolmentRoutes({ enrolment, caller }: ApiDependencies): EnrolmentRoutes {
  /** A broker of the host's own is where the caller found the host. */
  const placed = (credentials: NodeCredentials, { raw, env }: Pick<ApiRequest, 'raw' | 'env'>) => ({
    ...credentials,
    brokerUrl: credentials.brokerUrl ?? caller(raw, env).brokerUrl,
  });

  return {
    issueCredentials: async ({ params: { id = '' }, body: { csrPem }, ...asked }) => ({
      status: 201,
      body: placed(await enrolment.issue(id, csrPem), asked),
    }),
    revokeCredentials: async ({ params: { id = '' } }) => {
      await enrolment.revoke(id);
      return ok({ nodeId: id });
    },
    createJoinToken: async ({ raw, env }) => {
      const { ticket, expiresMs } = await enrolment.token(caller(raw, env).principal);
      return { status: 201, body: { token: ticket, expiresAt: isoTime(expiresMs), expiresMs } };
    },
    join: async ({ body, ...asked }) => {
      const { credentials, ...joined } = await enrolment.join(body);
      return { status: 201, body: { credentials: placed(credentials, asked), ...joined } };
    },
  };
}
