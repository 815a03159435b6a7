import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import type { Capability } from './capability.ts';

export interface SocketDoorProps {
  /** Begins the names of the API and of its log. */
  prefix: string;
  /**
   * Logs every connection and message. API Gateway writes such a log with a role that is set once for the account and region
   * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html): set it first, or the deployment fails.
   * @default false; the functions behind the door log what they are asked
   */
  accessLog?: { key: kms.IKey; retention: logs.RetentionDays } | false;
}

/** The WebSocket API that events are sent through. Who has a ticket comes in; `open` says by which functions. */
export class SocketDoor extends Construct {
  readonly api: apigw.WebSocketApi;
  readonly stage: apigw.WebSocketStage;

  constructor(scope: Construct, id: string, { prefix, accessLog = false }: SocketDoorProps) {
    super(scope, id);
    this.api = new apigw.WebSocketApi(this, 'Api', { apiName: `${prefix}-socket` });
    this.stage = new apigw.WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'v1',
      autoDeploy: true,
      throttle: { rateLimit: 500, burstLimit: 500 },
      accessLogSettings: accessLog === false ? undefined : this.#accessLog(prefix, accessLog),
    });
    if (accessLog === false) acknowledge(this, 'socketAccessLog');
  }

  /** Where clients connect: `wss://…`. */
  get address(): string {
    return this.stage.url;
  }

  /** Where messages to clients are posted: `https://…`. */
  get postAddress(): string {
    return this.stage.callbackUrl;
  }

  /** The ARN of every connection: `POST` to send to them, `DELETE` to close them. */
  connectionsArn(method: 'POST' | 'DELETE'): string {
    return Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: `${this.stage.stageName}/${method}/@connections/*`,
    });
  }

  /** Checks the ticket of whoever connects, and hands on what happens then. */
  open({ authorize, socket }: { authorize: Capability; socket: Capability }): void {
    const integration = () =>
      new WebSocketLambdaIntegration('Integration', socket.function, { timeout: Duration.seconds(29) });
    this.api.addRoute('$connect', {
      integration: integration(),
      authorizer: new WebSocketLambdaAuthorizer('Ticket', authorize.function, {
        identitySource: ['route.request.querystring.ticket'],
      }),
    });
    acknowledge(this.api, 'provenToFunction');
    this.api.addRoute('$disconnect', { integration: integration() });
    this.api.addRoute('$default', { integration: integration() });
  }

  #accessLog(prefix: string, { key, retention }: { key: kms.IKey; retention: logs.RetentionDays }) {
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/${prefix}/socket`,
      encryptionKey: key,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return {
      destination: new apigw.LogGroupLogDestination(logGroup),
      format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    };
  }
}

/** Never the query, which holds the ticket. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  connectionId: '$context.connectionId',
  event: '$context.eventType',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.message',
};
