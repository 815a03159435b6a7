import type { SigningOptions } from '../signed-requests.ts';
import { IotLinkClient } from '../link-client.ts';
import { dynamo } from './dynamo.ts';
import { endpointFor } from './settings.ts';

export const linkClient = (pauses: SigningOptions['pauses']) =>
  new IotLinkClient({ endpoint: endpointFor('IOT_DATA_PLANE'), config: dynamo().config, pauses });
