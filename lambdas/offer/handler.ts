/** Called by CloudFormation when a deployment changes which task types there are, or by hand with one more type. */
import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { answerCloudFormation, isFromCloudFormation } from '../../adapters/aws/custom-resource.ts';
import { engine } from '../../adapters/aws/engine.ts';
import { logged } from '../../adapters/aws/logger.ts';
import { createDeployedTypes, readType, readTypes } from '../../adapters/aws/deployed-types.ts';
import { lazily } from '../../adapters/aws/lazily.ts';
import { createOffer } from './offer.ts';

const types = lazily(() => createDeployedTypes({ ...engine(), offer: createOffer(engine()) }));

export const handler = middy<CloudFormationCustomResourceEvent | Record<string, unknown>, void>()
  .use(logged())
  .handler(async (event, context) => {
    if (!isFromCloudFormation(event)) return types().add(readType(event));
    await answerCloudFormation(event, context, async ({ RequestType, ResourceProperties }) => {
      if (RequestType !== 'Delete') await types().replace(readTypes(ResourceProperties.types));
    });
  });
