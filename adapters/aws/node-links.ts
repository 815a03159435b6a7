import { iotData } from './clients/iot-data.ts';
import { lazily } from './lazily.ts';
import { IotNodeLink } from './node-link.ts';

/** Leads to nodes, made when first asked for and once a process. */
export const nodeLink = lazily(() => new IotNodeLink({ client: iotData() }));
