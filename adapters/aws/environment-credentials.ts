/**
 * The credentials that Lambda puts into a function's environment. Bundles have this in place of
 * `@aws-sdk/credential-provider-node`, whose other sources (files, SSO, the metadata of machines) no function has.
 */
import { HoldfastError } from '../../core/errors.ts';

export class CredentialsMissing extends HoldfastError {
  override readonly name = 'CredentialsMissing';
  override readonly kind = 'unavailable';
}

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** What every client of the SDK asks for when it is given no credentials. Errors: `CredentialsMissing`. */
export const defaultProvider = () => async (): Promise<Credentials> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new CredentialsMissing(
      'The environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      'Lambda sets them from the role of a function; set them to run a bundle elsewhere.',
    );
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
};
