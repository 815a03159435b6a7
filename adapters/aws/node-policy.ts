/** What a node may do at the broker, as data: `lib` makes the policy from it, `IotNodeRegistry` attaches it to every node. */

/** Stands for the node whose certificate connects: IoT Core puts the thing's name here. */
export const CONNECTED_NODE = '${iot:Connection.Thing.ThingName}';

export interface PolicyScope {
  partition: string;
  region: string;
  account: string;
  /** @default CONNECTED_NODE */
  nodeId?: string;
}

export interface PolicyStatement {
  Effect: 'Allow';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string[]>>;
}

/**
 * Connect as itself, publish to its `up` topics, subscribe to and receive its `down` topics. Names of things hold no wildcards,
 * so no node's branch reaches into another's.
 * https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
 */
export function nodePolicy(scope: PolicyScope): { Version: string; Statement: PolicyStatement[] } {
  const { partition, region, account, nodeId = CONNECTED_NODE } = scope;
  const arn = (resource: string) => `arn:${partition}:iot:${region}:${account}:${resource}`;
  const branch = `holdfast/nodes/${nodeId}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['iot:Connect'],
        Resource: [arn(`client/${nodeId}`)],
        Condition: { Bool: { 'iot:Connection.Thing.IsAttached': ['true'] } },
      },
      { Effect: 'Allow', Action: ['iot:Publish'], Resource: [arn(`topic/${branch}/up/*`)] },
      { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: [arn(`topicfilter/${branch}/down/*`)] },
      { Effect: 'Allow', Action: ['iot:Receive'], Resource: [arn(`topic/${branch}/down/*`)] },
    ],
  };
}
