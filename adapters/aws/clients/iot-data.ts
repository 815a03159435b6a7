import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

export const iotData = lazily(() => new IoTDataPlaneClient(settings()));
