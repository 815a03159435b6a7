import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

export const eventBridge = lazily(() => new EventBridgeClient(settings()));
