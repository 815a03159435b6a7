import type { SigningOptions } from '../signed-requests.ts';
import { IotControl } from '../iot-control.ts';
import { dynamo } from './dynamo.ts';
import { endpointFor } from './settings.ts';

export const iotControl = (pauses: SigningOptions['pauses']) =>
  new IotControl({ endpoint: endpointFor('IOT'), config: dynamo().config, pauses });
