import { SFNClient } from '@aws-sdk/client-sfn';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

/** StartExecution has a bucket per account that refills slowly: the client slows down to what it is given. */
export const stepFunctions = lazily(() => new SFNClient({ ...settings(), retryMode: 'adaptive' }));
