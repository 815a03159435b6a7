import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpUserPoolAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENDPOINTS, type Endpoint, type EndpointId } from '../core/api/endpoints.ts';
import { acknowledge } from './acknowledgements.ts';
import type { Capability } from './capability.ts';

/** Whose tokens are taken: an OpenID Connect issuer's, or a Cognito user pool's. */
export type JwtProps =
  | {
      /** Address of the issuer, as its tokens name it: `https://login.example.org`. */
      issuer: string;
      /** Tokens must be meant for one of these. */
      audience: readonly string[];
    }
  | {
      userPool: cognito.IUserPool;
      /** Tokens must be meant for one of these. */
      clients: readonly cognito.IUserPoolClient[];
    };

export interface ThrottleProps {
  /**
   * Requests a second, over time.
   * @default 200
   */
  rate?: number;
  /**
   * Requests at once.
   * @default 400
   */
  burst?: number;
}

export interface HttpDoorProps {
  /** Answers the requests. */
  api: Capability;
  /** Begins the names of the API and of its log. */
  prefix: string;
  /** Encrypts the access log. */
  logKey: kms.IKey;
  logRetention: logs.RetentionDays;
  /**
   * Takes tokens of this issuer instead of requests signed with AWS credentials.
   * @default requests are signed, and IAM policies say who may call
   */
  jwt?: JwtProps;
  /**
   * Origins of pages that may call: `https://ops.example.org`.
   * @default none
   */
  allowedOrigins?: readonly string[];
  /**
   * What all callers together may ask for.
   * @default 200 requests a second, 400 at once
   */
  throttle?: ThrottleProps;
}

/** The HTTP API: one route an endpoint, each but one behind the same authorizer. */
export class HttpDoor extends Construct {
  /** `https://…`, without a slash at the end. */
  readonly address: string;
  readonly api: apigw.HttpApi;
  readonly #usesIam: boolean;

  constructor(scope: Construct, id: string, props: HttpDoorProps) {
    super(scope, id);
    const { api, prefix, logKey, logRetention, jwt, allowedOrigins = [], throttle = {} } = props;
    this.#usesIam = jwt === undefined;
    this.api = new apigw.HttpApi(this, 'Api', {
      apiName: `${prefix}-http`,
      createDefaultStage: false,
      defaultAuthorizer: jwt === undefined ? new HttpIamAuthorizer() : jwtAuthorizer(jwt),
      corsPreflight: allowedOrigins.length === 0 ? undefined : cors(allowedOrigins),
    });
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/${prefix}/http`,
      encryptionKey: logKey,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new apigw.HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: throttle.rate ?? 200, burstLimit: throttle.burst ?? 400 },
      accessLogSettings: {
        destination: new apigw.LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.address = this.api.apiEndpoint;

    this.#addRoutes(api, allowedOrigins.length > 0);
  }

  /** Lets `grantee` call these endpoints with signed requests. Fails where tokens decide who may call. */
  grantCall(grantee: iam.IGrantable, endpoints: readonly EndpointId[]): iam.Grant {
    if (!this.#usesIam) {
      throw new Error(
        'This orchestrator takes tokens of its `jwt` issuer, and IAM has no say in who may call it. ' +
          'Let the issuer give out tokens for the audience, or leave `jwt` out.',
      );
    }
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: endpoints.map((endpoint) => {
        const { method, path } = ENDPOINTS[endpoint];
        return this.api.arnForExecuteApi(method, path.replaceAll(/\{\w+\}/g, '*'), '$default');
      }),
    });
  }

  #addRoutes(api: Capability, takesPreflights: boolean): void {
    // One permission for all routes, and a policy that never outgrows its limit.
    const integration = new HttpLambdaIntegration('Integration', api.function, {
      scopePermissionToRoute: false,
      timeout: Duration.seconds(29),
    });
    const add = (id: string, routeKey: apigw.HttpRouteKey, authorizer?: apigw.IHttpRouteAuthorizer) =>
      new apigw.HttpRoute(this, id, { httpApi: this.api, integration, routeKey, authorizer });
    for (const [id, { method, path }] of Object.entries(ENDPOINTS) as [EndpointId, Endpoint][]) {
      const isOpen = id === JOIN;
      const key = apigw.HttpRouteKey.with(path, apigw.HttpMethod[method]);
      const route = add(capitalised(id), key, isOpen ? new apigw.HttpNoneAuthorizer() : undefined);
      if (isOpen) acknowledge(route, 'provenToFunction');
    }
    // Whatever else is asked for gets the API's own answer, with a hint. It would ask pages' preflights for credentials, which
    // they don't send: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    if (!takesPreflights) add('NotFound', apigw.HttpRouteKey.DEFAULT);
  }
}

/** Nodes have no credentials before they join: the function takes a token of one use in the body. */
const JOIN: EndpointId = 'join';

/** Nothing of a request's content, its query or its credentials. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  caller: '$context.identity.userArn',
  subject: '$context.authorizer.claims.sub',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.message',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
};

function jwtAuthorizer(jwt: JwtProps): apigw.IHttpRouteAuthorizer {
  if ('userPool' in jwt)
    return new HttpUserPoolAuthorizer('Jwt', jwt.userPool, { userPoolClients: [...jwt.clients] });
  return new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
}

const cors = (origins: readonly string[]): apigw.CorsPreflightOptions => ({
  allowOrigins: [...origins],
  allowMethods: [apigw.CorsHttpMethod.GET, apigw.CorsHttpMethod.POST, apigw.CorsHttpMethod.DELETE],
  allowHeaders: [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'X-Amz-Content-Sha256',
    'X-Amz-Date',
    'X-Amz-Security-Token',
  ],
  exposeHeaders: ['Location'],
  maxAge: Duration.hours(1),
});

const capitalised = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
