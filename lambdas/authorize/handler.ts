/** Checks the ticket of whoever opens an event socket: the authorizer of `$connect`. */
import middy from '@middy/core';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { lazily } from '../../adapters/aws/lazily.ts';
import { logged } from '../../adapters/aws/logger.ts';
import { clock, table } from '../../adapters/aws/machine.ts';
import { admitted, refused } from '../../adapters/aws/socket-door.ts';
import { DynamoTickets } from '../../adapters/aws/tickets.ts';
import { createAuthorize } from './authorize.ts';

const authorize = lazily(() => createAuthorize({ tickets: new DynamoTickets(table(), clock) }));

export const handler = middy<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult>()
  .use(logged())
  .handler(async ({ queryStringParameters, methodArn }) => {
    const principal = await authorize()(queryStringParameters?.ticket).catch(refused);
    return admitted(principal, methodArn);
  });
