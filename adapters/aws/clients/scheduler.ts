import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

export const scheduler = lazily(() => new SchedulerClient(settings()));
