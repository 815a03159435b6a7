/** What the deployed stacks promise, whatever they look like. */
import { describe, expect, test } from 'vitest';
import { idIn, listOf, ofType, type Properties, type Statement, synthesise } from './app.ts';

const { state, service } = synthesise();
const both = [state, service];
const all = (type: string) => both.flatMap((template) => ofType(template, type));

/** Queues that functions take messages from. */
const consumed = ofType(service, 'AWS::Lambda::EventSourceMapping').filter(
  ([, { StartingPosition }]) => StartingPosition === undefined,
);

/** Every statement of every policy that a role has. */
const statements = (): [string, Statement][] =>
  all('AWS::IAM::ManagedPolicy').flatMap(([id, { PolicyDocument }]) =>
    (PolicyDocument.Statement as Statement[]).map((statement): [string, Statement] => [id, statement]),
  );

describe('functions', () => {
  const functions = all('AWS::Lambda::Function');

  test('run on Node 24 and arm64, with a timeout, memory and a description of their own', () => {
    expect(functions.length).toBeGreaterThan(15);
    for (const [, properties] of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(properties.Timeout).toBeGreaterThan(3);
      expect(properties.MemorySize).toBeGreaterThanOrEqual(128);
      expect(properties.Description).toMatch(/^Holdfast: /);
    }
  });

  test('have a role each, which no other function has', () => {
    const roles = functions.map(([, { Role }]) => idIn(Role));
    expect(new Set(roles).size).toBe(functions.length);
  });

  test('log JSON into a group of their own, without a line for every call', () => {
    const groups = functions.map(([, { LoggingConfig }]) => {
      expect(LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'WARN' });
      return idIn(LoggingConfig.LogGroup);
    });
    expect(new Set(groups).size).toBe(functions.length);
  });

  test('wait for their policy, so that none is called before it may do its work', () => {
    const policies = new Map(
      all('AWS::IAM::ManagedPolicy').flatMap(([id, { Roles }]) =>
        (Roles as Properties[]).map((role) => [idIn(role), id] as const),
      ),
    );
    for (const [id, { Role }] of functions)
      expect(service.Resources[id]!.DependsOn).toContain(policies.get(idIn(Role)));
  });
});

describe('logs', () => {
  test('are kept for a month, encrypted, and deleted with the stack', () => {
    const groups = Object.values(service.Resources).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(17);
    for (const { Properties: properties, DeletionPolicy } of groups) {
      expect(properties.RetentionInDays).toBe(30);
      expect(properties.KmsKeyId).toBeDefined();
      expect(DeletionPolicy).toBe('Delete');
    }
  });
});

describe('permissions', () => {
  test('name every action in full', () => {
    const actions = statements().flatMap(([, { Action }]) => listOf(Action));
    expect(actions.length).toBeGreaterThan(50);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('are in managed policies, of one role each', () => {
    expect(all('AWS::IAM::Policy')).toEqual([]);
    for (const [, { Policies }] of all('AWS::IAM::Role')) expect(Policies).toBeUndefined();
    for (const [, { Roles }] of all('AWS::IAM::ManagedPolicy')) expect(Roles).toHaveLength(1);
  });

  test('reach every resource only where the action knows none', () => {
    const unbounded = statements().filter(([, { Resource }]) => listOf(Resource).includes('*'));
    const actions = unbounded.flatMap(([, { Action }]) => listOf(Action));
    expect(actions.filter((action) => !action.startsWith('logs:')).toSorted()).toEqual([
      'iot:CreateCertificateFromCsr',
      'iot:CreateKeysAndCertificate',
      'iot:DescribeEndpoint',
    ]);
  });

  test('stay within what a managed policy may hold', () => {
    for (const [id, { PolicyDocument }] of all('AWS::IAM::ManagedPolicy'))
      expect(JSON.stringify(PolicyDocument).length, id).toBeLessThan(6144);
  });
});

describe('queues', () => {
  const isLane = ([id]: [string, Properties]) => /ForwardingLanes/.test(id);
  const [lanes, queues] = [true, false].map((is) =>
    all('AWS::SQS::Queue').filter((one) => isLane(one) === is),
  ) as [[string, Properties][], [string, Properties][]];

  test('are lanes of two links, one a precedence, by the names that functions put together', () => {
    const names = lanes.map(([, { QueueName }]) => QueueName as string);
    const precedences = ['flash-override', 'flash', 'immediate', 'priority', 'routine', 'deferred'];
    expect(names.map((name) => name.replace(/^.*-lane-/, ''))).toEqual(
      [0, 1].flatMap((slot) => precedences.map((precedence) => `${slot}-${precedence}.fifo`)),
    );
    for (const [, properties] of lanes) {
      expect(properties).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        MessageRetentionPeriod: 4 * 3600,
      });
      expect(properties.KmsMasterKeyId).toBeDefined();
    }
  });

  test('have a dead-letter queue each, unless they are one', () => {
    const targets = new Set(
      queues.map(([, { RedrivePolicy }]) => idIn(RedrivePolicy?.deadLetterTargetArn)).filter(Boolean),
    );
    const without = queues.filter(([id, { RedrivePolicy }]) => !RedrivePolicy && !targets.has(id));
    // What streams, rules and devices could not hand over: a dead-letter queue, too, though of no queue.
    expect(without.map(([id]) => id)).toEqual([expect.stringMatching(/^OrchestratorDeadLetters/)]);
  });

  test('set a poison message aside, and one that a short outage fails not before half an hour', () => {
    for (const [id, { RedrivePolicy, VisibilityTimeout }] of queues) {
      if (!RedrivePolicy) continue;
      expect(RedrivePolicy.maxReceiveCount, id).toBeLessThanOrEqual(15);
      expect(RedrivePolicy.maxReceiveCount * VisibilityTimeout, id).toBe(30 * 60);
    }
  });

  test('keep messages for 14 days, encrypted', () => {
    for (const [, { MessageRetentionPeriod, KmsMasterKeyId }] of queues) {
      expect(MessageRetentionPeriod).toBe(14 * 24 * 3600);
      expect(KmsMasterKeyId).toBeDefined();
    }
  });

  test('hide a message for six times as long as its function may take', () => {
    expect(consumed).toHaveLength(5);
    for (const [id, { EventSourceArn, FunctionName }] of consumed) {
      const queue = service.Resources[idIn(EventSourceArn)!]!;
      const consumer = service.Resources[idIn(FunctionName)!]!;
      expect(queue.Properties.VisibilityTimeout, id).toBeGreaterThanOrEqual(6 * consumer.Properties.Timeout);
    }
  });
});

describe('schedules', () => {
  const groups = all('AWS::Scheduler::ScheduleGroup').map(([id]) => id);
  const roles = all('AWS::IAM::Role').filter(([, { AssumeRolePolicyDocument }]) =>
    JSON.stringify(AssumeRolePolicyDocument).includes('scheduler.amazonaws.com'),
  );

  test('are of tasks and of contacts', () => {
    expect(groups.map((id) => id.replace(/Schedules.*/, ''))).toEqual([
      'OrchestratorTimers',
      'OrchestratorForwardingContacts',
    ]);
    expect(roles).toHaveLength(groups.length);
  });

  test.each(groups)('send by a role that Scheduler takes for those of this group alone: %s', (group) => {
    const [, role] = roles.find(([id]) => id.startsWith(group.replace(/Schedules.*/, 'SchedulesRole')))!;
    expect(role.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: {
            'aws:SourceAccount': { Ref: 'AWS::AccountId' },
            'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] },
          },
        },
      },
    ]);
  });

  test.each(roles.map(([id]) => id))(
    'may send to their queue, and what it does not take aside: %s',
    (role) => {
      const policies = all('AWS::IAM::ManagedPolicy').filter(([, { Roles }]) =>
        (Roles as Properties[]).some((each) => idIn(each) === role),
      );
      const allowed = policies.flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[]);
      expect(allowed.map(({ Action }) => Action)).toEqual(['sqs:SendMessage']);
      const owner = role.replace(/Schedules.*/, '');
      expect(listOf(allowed[0]!.Resource as Properties[]).map((each) => idIn(each)!.slice(0, -8))).toEqual([
        `${owner}Queue`,
        `${owner}DeadLetters`,
      ]);
    },
  );
});

describe('transport', () => {
  test.each(['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy'])(
    'is TLS only: %s refuses anything else',
    (type) => {
      const policies = all(type);
      expect(policies.length).toBeGreaterThan(0);
      for (const [, { PolicyDocument }] of policies) {
        const refused = (PolicyDocument.Statement as Statement[]).filter(({ Effect }) => Effect === 'Deny');
        expect(refused.map(({ Condition }) => Condition)).toContainEqual({
          Bool: { 'aws:SecureTransport': 'false' },
        });
      }
    },
  );

  test('has a policy for every queue, bucket and topic', () => {
    const held = (type: string, field: (properties: Properties) => Properties[]) =>
      new Set(all(type).flatMap(([, properties]) => field(properties).map(idIn)));
    const queues = held('AWS::SQS::QueuePolicy', ({ Queues }) => Queues);
    const buckets = held('AWS::S3::BucketPolicy', ({ Bucket }) => [Bucket]);
    const topics = held('AWS::SNS::TopicPolicy', ({ Topics }) => Topics);
    for (const [id] of all('AWS::SQS::Queue')) expect(queues).toContain(id);
    for (const [id] of all('AWS::S3::Bucket')) expect(buckets).toContain(id);
    for (const [id] of all('AWS::SNS::Topic')) expect(topics).toContain(id);
  });
});

describe('the doors', () => {
  test('have an authorizer on every HTTP route', () => {
    const routes = ofType(service, 'AWS::ApiGatewayV2::Route').filter(
      ([, { RouteKey }]) => RouteKey === '$default' || /^[A-Z]+ \//.test(RouteKey),
    );
    const socket = routes.filter(([id]) => id.includes('Socket'));
    const http = routes.filter(([id]) => !id.includes('Socket'));
    expect(http.length).toBeGreaterThan(30);
    expect(socket).toHaveLength(1);
    // A node that joins shows a token of one use, in the body.
    for (const [, { AuthorizationType, RouteKey }] of http)
      expect(AuthorizationType, RouteKey).toBe(RouteKey === 'POST /join' ? 'NONE' : 'AWS_IAM');
  });

  test('let a socket in by its ticket alone', () => {
    const [[, connect] = []] = ofType(service, 'AWS::ApiGatewayV2::Route').filter(
      ([, { RouteKey }]) => RouteKey === '$connect',
    );
    const authorizer = service.Resources[idIn(connect!.AuthorizerId)!]!.Properties;
    expect(connect!.AuthorizationType).toBe('CUSTOM');
    expect(authorizer).toMatchObject({
      AuthorizerType: 'REQUEST',
      IdentitySource: ['route.request.querystring.ticket'],
    });
  });

  test('are throttled, and log who called without what was said', () => {
    const stages = ofType(service, 'AWS::ApiGatewayV2::Stage');
    for (const [, { DefaultRouteSettings }] of stages)
      expect(DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
    const [format] = stages.flatMap(([, { AccessLogSettings }]) => AccessLogSettings?.Format ?? []);
    expect(Object.keys(JSON.parse(format))).toContain('caller');
    expect(format).not.toMatch(/authorization|querystring|requestOverride|body/i);
  });

  test('let no other page call', () => {
    for (const [, { CorsConfiguration }] of ofType(service, 'AWS::ApiGatewayV2::Api'))
      expect(CorsConfiguration).toBeUndefined();
  });

  test('are called by this account alone', () => {
    for (const [id, { Action, SourceArn }] of ofType(service, 'AWS::Lambda::Permission')) {
      expect(Action).toBe('lambda:InvokeFunction');
      expect(SourceArn, id).toBeDefined();
    }
  });
});

describe('state', () => {
  test('survives the deletion of its stack, and can be restored to any second', () => {
    const [table] = Object.values(state.Resources).filter(({ Type }) => Type === 'AWS::DynamoDB::Table');
    expect(table!.DeletionPolicy).toBe('Retain');
    expect(table!.Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    });
    for (const { Type, DeletionPolicy } of Object.values(state.Resources))
      if (Type === 'AWS::S3::Bucket' || Type === 'AWS::KMS::Key') expect(DeletionPolicy).toBe('Retain');
  });

  test('is in buckets that nobody beyond the account sees, versioned and encrypted', () => {
    for (const [, properties] of ofType(state, 'AWS::S3::Bucket')) {
      expect(properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(properties.BucketEncryption).toBeDefined();
    }
  });

  test('keeps its key for the account, through the services that hold the data', () => {
    const [[, key] = []] = ofType(state, 'AWS::KMS::Key');
    expect(key!.EnableKeyRotation).toBe(true);
    const open = (key!.KeyPolicy.Statement as (Statement & { Principal: Properties })[]).filter(
      ({ Principal }) => Principal.AWS === '*',
    );
    expect(open).toHaveLength(1);
    expect(Object.keys(open[0]!.Condition!.StringEquals)).toEqual(['kms:CallerAccount', 'kms:ViaService']);
  });
});

describe('streams', () => {
  test('set a poison record aside and go on', () => {
    const streams = ofType(service, 'AWS::Lambda::EventSourceMapping').filter(
      ([, { StartingPosition }]) => StartingPosition !== undefined,
    );
    expect(streams).toHaveLength(2);
    for (const [, mapping] of streams) {
      expect(mapping).toMatchObject({
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 10,
      });
      expect(idIn(mapping.DestinationConfig.OnFailure.Destination)).toMatch(/DeadLetters/);
    }
  });

  test('give a queue’s messages back one by one', () => {
    for (const [id, { FunctionResponseTypes }] of consumed)
      expect(FunctionResponseTypes, id).toEqual(['ReportBatchItemFailures']);
  });
});

describe('alarms', () => {
  test('reach the topic: it lets them in, and so does its key', () => {
    const allows = (statements: (Statement & { Principal: Properties })[], action: string) =>
      statements.some(
        ({ Effect, Principal, Action }) =>
          Effect === 'Allow' &&
          Principal.Service === 'cloudwatch.amazonaws.com' &&
          listOf(Action).includes(action),
      );
    const [[, topic] = []] = ofType(service, 'AWS::SNS::TopicPolicy');
    const [[, key] = []] = ofType(state, 'AWS::KMS::Key');
    expect(allows(topic!.PolicyDocument.Statement, 'sns:Publish')).toBe(true);
    expect(allows(key!.KeyPolicy.Statement, 'kms:GenerateDataKey')).toBe(true);
    for (const [id, { AlarmActions, OKActions }] of ofType(service, 'AWS::CloudWatch::Alarm')) {
      expect(AlarmActions.map(idIn), id).toEqual([expect.stringContaining('AlarmsTopic')]);
      expect(OKActions).toEqual(AlarmActions);
    }
  });
});

describe('outputs', () => {
  test('name the addresses of the HTTP API, the event socket and the dashboard', () => {
    expect(Object.keys(service.Outputs)).toEqual(
      expect.arrayContaining(['HttpAddress', 'SocketAddress', 'DashboardAddress']),
    );
  });
});
