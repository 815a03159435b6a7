import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as iot from 'aws-cdk-lib/aws-iot';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { nodePolicy } from '../adapters/aws/node-policy.ts';
import { LinkQueue } from './link-queue.ts';

export interface EdgeProps {
  /** Begins the names of the policy and of the rule. */
  prefix: string;
  /** Encrypts what nodes say while it waits; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
  /** Gets what the rule could not hand on. */
  deadLetters: sqs.IQueue;
}

/**
 * Edge nodes at IoT Core: the policy that each of them gets, and the rule that takes in what they say. A node connects as itself
 * and sees its own topics only.
 */
export class Edge extends Construct {
  /** What every node's certificate is attached to. */
  readonly policyName: string;
  /** What nodes say: `{ nodeId, channel, payload, receivedMs }`, the payload in base64. */
  readonly inbox: LinkQueue;

  constructor(scope: Construct, id: string, { prefix, key, deadLetters }: EdgeProps) {
    super(scope, id);
    const { partition, region, account } = Stack.of(this);
    this.policyName = `${prefix}-node`;
    new iot.CfnPolicy(this, 'NodePolicy', {
      policyName: this.policyName,
      policyDocument: nodePolicy({ partition, region, account }),
    });
    this.inbox = new LinkQueue(this, 'Inbox', { key, ordered: false });
    const role = new iam.Role(this, 'RuleRole', { assumedBy: new iam.ServicePrincipal('iot.amazonaws.com') });
    const policy = new iam.ManagedPolicy(this, 'RulePolicy', {
      description: 'Holdfast: what nodes say goes into the inbox',
      roles: [role],
      statements: [
        new iam.PolicyStatement({
          actions: ['sqs:SendMessage'],
          resources: [this.inbox.queue.queueArn, deadLetters.queueArn],
        }),
      ],
    });
    const into = (queue: sqs.IQueue) => ({
      sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false },
    });
    const rule = new iot.CfnTopicRule(this, 'FromNodes', {
      ruleName: `${prefix}_from_nodes`.replaceAll(/\W/g, '_'),
      topicRulePayload: {
        description: 'Holdfast: what nodes say',
        awsIotSqlVersion: '2016-03-23',
        sql: FROM_NODES,
        actions: [into(this.inbox.queue)],
        errorAction: into(deadLetters),
      },
    });
    rule.node.addDependency(policy);
  }

  /** ARNs: of the topics that nodes are told by, of things and certificates of this account. */
  get topicsArn(): string {
    return this.#arn('topic', 'holdfast/nodes/*/down/*');
  }

  get thingsArn(): string {
    return this.#arn('thing', '*');
  }

  get certificatesArn(): string {
    return this.#arn('cert', '*');
  }

  #arn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'iot', resource, resourceName });
  }
}

/** Topics as in core/node/topics.ts. The rules engine keeps no order: nodes number what they say. */
const FROM_NODES =
  "SELECT encode(*, 'base64') AS payload, topic(3) AS nodeId, topic(5) AS channel, timestamp() AS receivedMs " +
  "FROM 'holdfast/nodes/+/up/+'";
