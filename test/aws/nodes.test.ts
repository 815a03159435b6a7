import {
  CreatePolicyCommand,
  CreateTopicRuleCommand,
  DeletePolicyCommand,
  DeleteTopicRuleCommand,
  IoTClient,
} from '@aws-sdk/client-iot';
import { IotLinkClient } from '../../adapters/aws/link-client.ts';
import { nodePolicy } from '../../adapters/aws/node-policy.ts';
import { IotNodeRegistry } from '../../adapters/aws/node-registry.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { downTopic } from '../../core/node/topics.ts';
import { linkClientSuite } from '../ports/link-client.suite.ts';
import { nodeRegistrySuite } from '../ports/node-registry.suite.ts';
import { ACCOUNT, describeServices, openInbox, openRole, settings } from './services.ts';

/** For a key on the curve P-256 that nobody has any more. */
const CSR = `-----BEGIN CERTIFICATE REQUEST-----
MIHLMHMCAQAwETEPMA0GA1UEAwwGZWRnZS03MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE1zak09P+GhXGKuvVJ6eqBn1n7uyQa9qvp8LTyQ0Ht4LRD09aKkdaYziX
8SIQnwXeHpIlL3C2jpXSGKeIoPq1zaAAMAoGCCqGSM49BAMCA0gAMEUCIBYInaXK
g7k68jTcKsbmR4aLjqPWnJDhT07YuJ1HDUlQAiEArOPFM6sxNx/+CI6QyO+YR1CU
arU0038AJA8Y3LmMKnE=
-----END CERTIFICATE REQUEST-----
`;
const KEYS = {
  make: async () => 'a key',
  isSecret: async (_: string, secret: string) => secret === 'a'.repeat(43),
  forget: async () => undefined,
};
const EVERYTHING_TOLD =
  "SELECT encode(*, 'base64') AS payload, topic() AS topic FROM 'holdfast/nodes/+/down/+'";

const signing = {
  endpoint: settings.endpoint,
  config: { credentials: settings.credentials, region: async () => settings.region },
  pauses: { clock: new SystemClock(), random: new SystemRandom() },
};

describeServices('On IoT Core', () => {
  nodeRegistrySuite('IotNodeRegistry', 'certificates', async () => {
    const client = new IoTClient(settings);
    const policyName = `node-${process.pid}`;
    const policyDocument = JSON.stringify(
      nodePolicy({ partition: 'aws', region: settings.region, account: ACCOUNT }),
    );
    await client.send(new CreatePolicyCommand({ policyName, policyDocument }));
    return {
      registry: new IotNodeRegistry({ client, policyName, keys: KEYS, ...signing.pauses }),
      csrPem: CSR,
      // A policy that is attached to anything can't be deleted.
      close: async () => {
        await client.send(new DeletePolicyCommand({ policyName }));
      },
    };
  });

  linkClientSuite('IotLinkClient', { seesWhoListens: false }, async () => {
    const control = new IoTClient(settings);
    const [inbox, role] = [await openInbox(), await openRole()];
    const ruleName = `told_${process.pid}`;
    await control.send(
      new CreateTopicRuleCommand({
        ruleName,
        topicRulePayload: {
          sql: EVERYTHING_TOLD,
          awsIotSqlVersion: '2016-03-23',
          actions: [{ sqs: { queueUrl: inbox.url, roleArn: role.arn, useBase64: false } }],
        },
      }),
    );
    return {
      links: new IotLinkClient(signing),
      neighbours: ['edge-1', 'edge-2'],
      async heard(to, channel, count) {
        const topic = downTopic(to, channel);
        const told = await inbox.until<{ topic: string; payload: string }>(
          (one) => one.topic === topic,
          count,
        );
        return told.map(({ payload }) => new Uint8Array(Buffer.from(payload, 'base64')));
      },
      async close() {
        await control.send(new DeleteTopicRuleCommand({ ruleName }));
        await Promise.all([inbox.close(), role.close()]);
      },
    };
  });
});
