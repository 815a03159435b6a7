/** Holdfast in somebody else's app. */
import { createRequire } from 'node:module';
import { Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Schedule } from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import type { TaskType } from '../../core/ports/task-types.ts';
import { LinkQueue, Orchestrator, type OrchestratorProps, StateStack } from '../../lib/index.ts';
import {
  idIn,
  listOf,
  newApp,
  ofType,
  type Properties,
  standIns,
  type Statement,
  synthesise,
  type Template,
} from './app.ts';

/** Nodes join by a token in the body. */
const JOIN = 'POST /join';

/** A stack with an orchestrator in it, and whatever else `add` puts there. */
function stackWith(
  props: OrchestratorProps | ((stack: Stack) => OrchestratorProps) = {},
  add: (orchestrator: Orchestrator, stack: Stack) => void = () => {},
): Template {
  const app = newApp();
  const stack = new Stack(app, 'Mine');
  const given = typeof props === 'function' ? props(stack) : props;
  add(new Orchestrator(stack, 'Workflows', { bundles: standIns(), ...given }), stack);
  return app.synth().getStackByName('Mine').template as Template;
}

const ownFunction = (stack: Stack, id = 'Own') =>
  new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ ok: true })'),
  });

const roleIn = (stack: Stack) =>
  new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountPrincipal('123456789012') });

/** The statements of the policies that are attached to a role. */
const statementsOf = (template: Template, roleId: string): Statement[] =>
  ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => ofType(template, type))
    .filter(([, { Roles }]) => (Roles as Properties[]).some((role) => idIn(role)!.startsWith(roleId)))
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[]);

const machineRole = (name: string) => `WorkflowsMachines${name}Role`;

/** What the deployment offers, references written as `<Id>`. */
function offered(template: Template): TaskType[] {
  const [[, resource] = []] = ofType(template, 'Custom::HoldfastTaskTypes');
  const text = (resource!.types['Fn::Join'][1] as unknown[])
    .map((part) => (typeof part === 'string' ? part : `<${idIn(part as Properties)}>`))
    .join('');
  return JSON.parse(text) as TaskType[];
}

describe('an orchestrator', () => {
  const template = stackWith({}, (orchestrator, stack) => {
    orchestrator.addTaskType('mine', ownFunction(stack), { maxConcurrency: 2 });
    orchestrator.addTaskType('slow', ownFunction(stack, 'Slow'), { long: true });
    orchestrator.grantRun(ownFunction(stack, 'Made'));
    orchestrator.addSchedule('Nightly', {
      schedule: Schedule.cron({ hour: '3', minute: '0' }),
      workflow: 'report',
      variables: { depth: 2 },
    });
    orchestrator.grantSubmit(roleIn(stack));
  });

  test('keeps its own state where none is given', () => {
    expect(ofType(template, 'AWS::DynamoDB::Table')).toHaveLength(1);
  });

  test('names what must be named after its place in the app', () => {
    const names = ofType(template, 'AWS::StepFunctions::StateMachine').map(
      ([, { StateMachineName }]) => StateMachineName,
    );
    expect(names).toContainEqual(expect.stringMatching(/^Mine-?Workflows.*-task$/));
  });

  test('offers the types of task files and of functions, with their limits and lanes', () => {
    expect(offered(template)).toEqual([
      { type: 'echo', functionName: expect.stringContaining('TaskTypesecho') },
      { type: 'resize', functionName: expect.stringContaining('resize'), maxConcurrency: 3, long: true },
      { type: 'mine', functionName: expect.stringContaining('Own'), maxConcurrency: 2 },
      { type: 'slow', functionName: expect.stringContaining('Slow'), long: true },
    ]);
  });

  test('lets the machine of a lane call the functions that run on it', () => {
    const called = (name: string) =>
      statementsOf(template, machineRole(name))
        .filter(({ Action }) => listOf(Action).includes('lambda:InvokeFunction'))
        .flatMap(({ Resource }) => listOf(Resource as Properties | Properties[]))
        .map((resource) => idIn(resource));
    expect(called('Task')).toEqual(expect.arrayContaining([expect.stringMatching(/^Own/)]));
    expect(called('Task')).not.toEqual(expect.arrayContaining([expect.stringMatching(/^Slow/)]));
    expect(called('Long')).toEqual(expect.arrayContaining([expect.stringMatching(/^Slow/)]));
  });

  test('gives a function that runs attempts what it needs, and tells it where', () => {
    const [[, made] = []] = ofType(template, 'AWS::Lambda::Function').filter(([id]) => id.startsWith('Made'));
    expect(Object.keys(made!.Environment.Variables).sort()).toEqual([
      'HOLDFAST_PAYLOAD_BUCKET',
      'HOLDFAST_TABLE',
    ]);
    const actions = statementsOf(template, 'MadeServiceRole').flatMap(({ Action }) => listOf(Action));
    expect(actions).toEqual(expect.arrayContaining(['s3:GetObject', 'dynamodb:UpdateItem']));
    expect(actions).not.toContain('states:StartExecution');
  });

  test('lets who may submit store, start and read, and nothing else', () => {
    const [statement, ...more] = statementsOf(template, 'Caller');
    expect(more).toEqual([]);
    expect(statement!.Action).toBe('execute-api:Invoke');
    const resources = listOf(statement!.Resource as Properties[]).map((resource) =>
      (resource['Fn::Join'][1] as unknown[]).filter((part) => typeof part === 'string').join(''),
    );
    const allows = (route: string) => resources.some((resource) => resource.endsWith(`/$default${route}`));
    expect(allows('/POST/workflows/*/start')).toBe(true);
    expect(allows('/GET/executions/*')).toBe(true);
    expect(allows('/POST/tickets')).toBe(true);
    expect(allows('/POST/executions/*/cancel')).toBe(false);
  });

  test('starts a workflow by the clock, once each time', () => {
    const [[, rule] = []] = ofType(template, 'AWS::Events::Rule').filter(
      ([, { ScheduleExpression }]) => ScheduleExpression === 'cron(0 3 * * ? *)',
    );
    const [target] = rule!.Targets as Properties[];
    expect(idIn(target!.Arn)).toMatch(/^WorkflowsIntakeQueue/);
    expect(target!.SqsParameters).toEqual({ MessageGroupId: 'schedule/Nightly' });
    expect(target!.InputTransformer.InputTemplate).toBe(
      '{"operation":"start","workflow":"report","variables":{"depth":2},"idempotencyKey":<id>}',
    );
    expect(target!.DeadLetterConfig).toBeDefined();
  });
});

describe('settings', () => {
  test('that limit what runs are applied when they alone change', () => {
    const asked = (props: OrchestratorProps) => ofType(stackWith(props), 'Custom::HoldfastTaskTypes')[0]![1];
    expect(asked({ maxTasks: 70 })).not.toEqual(asked({ maxTasks: 71 }));
    expect(asked({ maxWorkflows: 5 })).not.toEqual(asked({}));
  });

  test('tell functions their limits', () => {
    const template = stackWith({ maxWorkflows: 5, maxTasks: 70, retentionDays: 30 });
    for (const [id, { Environment }] of ofType(template, 'AWS::Lambda::Function'))
      expect(Environment.Variables, id).toMatchObject({
        HOLDFAST_MAX_WORKFLOWS: '5',
        HOLDFAST_MAX_TASKS: '70',
        HOLDFAST_RETENTION_DAYS: '30',
      });
  });

  test('keep payloads a year longer than executions', () => {
    const { state } = synthesise({ retentionDays: '30' });
    const expiries = ofType(state, 'AWS::S3::Bucket').flatMap(([, { LifecycleConfiguration }]) =>
      (LifecycleConfiguration.Rules as Properties[]).map((rule) => rule.ExpirationInDays),
    );
    expect(expiries).toContain(30 + 366);
  });

  test('take tokens of an issuer for an audience', () => {
    const jwt = { issuer: 'https://login.example.org', audience: ['holdfast'] };
    const template = stackWith({ jwt });
    const [[, authorizer] = []] = ofType(template, 'AWS::ApiGatewayV2::Authorizer').filter(
      ([, { AuthorizerType }]) => AuthorizerType === 'JWT',
    );
    expect(authorizer!.JwtConfiguration).toEqual({ Issuer: jwt.issuer, Audience: jwt.audience });
    for (const [id, { AuthorizationType, RouteKey }] of ofType(template, 'AWS::ApiGatewayV2::Route'))
      if (id.startsWith('WorkflowsHttp') && RouteKey !== JOIN) expect(AuthorizationType, id).toBe('JWT');
  });

  test('take tokens of a Cognito user pool', () => {
    const template = stackWith((stack) => {
      const userPool = new cognito.UserPool(stack, 'Pool');
      return { jwt: { userPool, clients: [userPool.addClient('Client')] } };
    });
    const [[, authorizer] = []] = ofType(template, 'AWS::ApiGatewayV2::Authorizer').filter(
      ([, { AuthorizerType }]) => AuthorizerType === 'JWT',
    );
    expect(JSON.stringify(authorizer!.JwtConfiguration)).toContain('cognito-idp');
  });

  test('let the pages of named origins call, and no others', () => {
    const template = stackWith({ allowedOrigins: ['https://ops.example.org'] });
    const cors = ofType(template, 'AWS::ApiGatewayV2::Api').flatMap(
      ([, { CorsConfiguration }]) => CorsConfiguration ?? [],
    );
    expect(cors).toEqual([expect.objectContaining({ AllowOrigins: ['https://ops.example.org'] })]);
    const routes = ofType(template, 'AWS::ApiGatewayV2::Route').filter(([id]) =>
      id.startsWith('WorkflowsHttp'),
    );
    expect(routes.map(([, { RouteKey }]) => RouteKey)).not.toContain('$default');
    for (const [id, { AuthorizationType, RouteKey }] of routes)
      if (RouteKey !== JOIN) expect(AuthorizationType, id).toBe('AWS_IAM');
  });

  test('let the state go where it is not protected', () => {
    const { state, assembly } = synthesise({ protect: 'false' });
    expect(assembly.getStackByName('holdfast-state').terminationProtection).toBe(false);
    const kept = Object.values(state.Resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    expect(kept).toEqual([]);
    const [[, table] = []] = ofType(state, 'AWS::DynamoDB::Table');
    expect(table!.DeletionProtectionEnabled).toBe(false);
  });

  test('protect the state otherwise', () => {
    expect(synthesise().assembly.getStackByName('holdfast-state').terminationProtection).toBe(true);
    expect(new StateStack(newApp(), 'State').terminationProtection).toBe(true);
  });

  test('log what comes in at the socket where the account can', () => {
    const template = stackWith({ socketAccessLog: true });
    const formats = ofType(template, 'AWS::ApiGatewayV2::Stage').map(
      ([, { AccessLogSettings }]) => AccessLogSettings.Format as string,
    );
    expect(formats).toHaveLength(2);
    expect(formats.join()).not.toMatch(/ticket|querystring/i);
  });

  test('record traces where they are wanted', () => {
    const template = stackWith({ tracing: true });
    for (const [, { TracingConfig }] of ofType(template, 'AWS::Lambda::Function'))
      expect(TracingConfig).toEqual({ Mode: 'Active' });
    for (const [, { TracingConfiguration }] of ofType(template, 'AWS::StepFunctions::StateMachine'))
      expect(TracingConfiguration).toEqual({ Enabled: true });
  });

  test('can differ between two orchestrators in one app', () => {
    const app = newApp();
    for (const name of ['One', 'Two'])
      new Orchestrator(new Stack(app, name), 'Workflows', { bundles: standIns() });
    const names = app
      .synth()
      .stacks.flatMap(({ template }) => ofType(template as Template, 'AWS::StepFunctions::StateMachine'))
      .map(([, { StateMachineName }]) => StateMachineName);
    expect(new Set(names).size).toBe(6);
  });
});

describe('a link queue', () => {
  const app = newApp();
  const stack = new Stack(app, 'Links');
  const { state } = new StateStack(app, 'LinksState');
  const link = new LinkQueue(stack, 'Relay', { key: state.key, receivesMax: 3 });
  link.grantSend(roleIn(stack));
  const template = app.synth().getStackByName('Links').template as Template;

  test('keeps order within a group, and sets aside what is received too often', () => {
    const queues = Object.fromEntries(ofType(template, 'AWS::SQS::Queue'));
    const [id, queue] = Object.entries(queues).find(([name]) => name.startsWith('RelayQueue'))!;
    expect(queue).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      RedrivePolicy: { maxReceiveCount: 3 },
    });
    expect(queues[idIn(queue.RedrivePolicy.deadLetterTargetArn)!]!.FifoQueue).toBe(true);
    expect(id).toBeDefined();
  });

  test('lets a role send, and do nothing else', () => {
    expect(statementsOf(template, 'Caller').map(({ Action }) => Action)).toEqual(['sqs:SendMessage']);
  });
});

describe('an orchestrator refuses', () => {
  test('an app that is made with another copy of the construct library', () => {
    const require = createRequire(import.meta.url);
    for (const path of Object.keys(require.cache))
      if (path.includes('aws-cdk-lib')) delete require.cache[path];
    const other = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
    expect(() => new StateStack(new other.App(), 'State')).toThrow(
      /another copy of aws-cdk-lib.*npm workspace/,
    );
  });

  test('a prefix that no service would take', () => {
    expect(() => stackWith({ prefix: 'a/b' })).toThrow(/prefix "a\/b".*1 to 32 letters, digits and hyphens/s);
  });

  test('a task type that is offered twice', () => {
    expect(() =>
      stackWith({}, (orchestrator, stack) => orchestrator.addTaskType('echo', ownFunction(stack))),
    ).toThrow(/"echo" is offered twice/);
  });

  test('to grant by IAM what tokens decide', () => {
    const jwt = { issuer: 'https://login.example.org', audience: ['holdfast'] };
    expect(() =>
      stackWith({ jwt }, (orchestrator, stack) => void orchestrator.grantSubmit(roleIn(stack))),
    ).toThrow(/IAM has no say/);
  });
});
