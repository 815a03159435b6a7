import type { SigningOptions } from '../signed-requests.ts';
import { IotNodeLink } from '../node-link.ts';
import { dynamo } from './dynamo.ts';
import { endpointFor } from './settings.ts';

export const nodeLink = (pauses: SigningOptions['pauses']) =>
  new IotNodeLink({ endpoint: endpointFor('IOT_DATA_PLANE'), config: dynamo().config, pauses });
