/**
 * Nothing, in place of `@aws-sdk/endpoint-cache`: the DynamoDB client makes one for endpoint discovery, which it only does where it is
 * told to, and a Lambda function is not.
 */
export class EndpointCache {}
