import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

export const dynamo = lazily(() => new DynamoDBClient(settings()));
