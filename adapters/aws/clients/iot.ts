import { IoTClient } from '@aws-sdk/client-iot';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

export const iot = lazily(() => new IoTClient(settings()));
