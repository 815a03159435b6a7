import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  DescribeEndpointCommand,
  DescribeThingCommand,
  type IoTClient,
  ListThingPrincipalsCommand,
  ListThingsCommand,
  UpdateCertificateCommand,
} from './clients/iot.ts';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import { checkedNodeId } from '../../core/node/topics.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  CertificateCredentials,
  NodePage,
  NodeRegistry,
  RegisteredNode,
} from '../../core/ports/node-registry.ts';
import { failure, isNamed } from './failures.ts';
import type { DynamoNodeKeys } from './node-keys.ts';
import { certificateId, NodeRemoval } from './node-removal.ts';
import type { Pauses } from './retry.ts';

/** Marks the things that are nodes of Holdfast, beside whatever else the account registers. */
const MARK = { name: 'holdfast', value: 'node' } as const;
const PAGE_LIMIT_MAX = 250;

export interface IotNodeRegistryOptions extends Pauses {
  client: Pick<IoTClient, 'send'>;
  clock: Clock;
  /** The policy that `nodePolicy` describes. */
  policyName: string;
  /** Of bundles between nodes and this host. */
  keys: Pick<DynamoNodeKeys, 'make' | 'isSecret' | 'forget'>;
}

interface IssuedCertificate {
  arn: string;
  certificatePem: string;
  privateKeyPem?: string;
}

/** Nodes as things of IoT Core: the thing has the node's id, and a certificate that lets it connect as that and nothing else. */
export class IotNodeRegistry implements NodeRegistry {
  readonly #options: IotNodeRegistryOptions;
  readonly #removal: NodeRemoval;

  constructor(options: IotNodeRegistryOptions) {
    this.#options = options;
    this.#removal = new NodeRemoval(options);
  }

  async register(nodeId: string, csrPem?: string, secret?: string): Promise<CertificateCredentials> {
    checkedNodeId(nodeId);
    return this.#ask(`register the node "${nodeId}"`, async () => {
      await this.#makeThing(nodeId, secret);
      const brokerUrl = await this.#brokerUrl();
      const issued = await this.#issue(csrPem);
      const { client, policyName, keys } = this.#options;
      const bundleKey = await keys.make(nodeId, secret);
      await client.send(new AttachThingPrincipalCommand({ thingName: nodeId, principal: issued.arn }));
      await client.send(new AttachPolicyCommand({ policyName, target: issued.arn }));
      // Last: until here it lets nobody in, and a repeated registration clears it away.
      await client.send(
        new UpdateCertificateCommand({ certificateId: certificateId(issued.arn), newStatus: 'ACTIVE' }),
      );
      const { certificatePem, privateKeyPem } = issued;
      const own = privateKeyPem === undefined ? {} : { privateKeyPem };
      return { nodeId, brokerUrl, bundleKey, certificatePem, ...own };
    });
  }

  async unregister(nodeId: string): Promise<boolean> {
    checkedNodeId(nodeId);
    return this.#ask(`unregister the node "${nodeId}"`, async () => {
      if (!(await this.#find(nodeId))) return false;
      await this.#removal.removeCertificates(nodeId);
      await this.#options.keys.forget(nodeId);
      await this.#removal.removeThing(nodeId);
      return true;
    });
  }

  async list({ cursor, limit = 100 }: { cursor?: string; limit?: number } = {}): Promise<NodePage> {
    return this.#ask('list nodes', async () => {
      const { things = [], nextToken } = await this.#options.client.send(
        new ListThingsCommand({
          attributeName: MARK.name,
          attributeValue: MARK.value,
          nextToken: cursor,
          maxResults: Math.min(limit, PAGE_LIMIT_MAX),
        }),
      );
      const nodes = things.map(({ thingName = '', attributes = {} }) => nodeOf(thingName, attributes));
      return { nodes, ...(nextToken !== undefined && { cursor: nextToken }) };
    });
  }

  async #makeThing(nodeId: string, secret: string | undefined): Promise<void> {
    const attributes = { [MARK.name]: MARK.value, registeredMs: String(this.#options.clock.now()) };
    const make = new CreateThingCommand({ thingName: nodeId, attributePayload: { attributes } });
    try {
      await this.#options.client.send(make);
      return;
    } catch (error) {
      if (!isNamed(error, 'ResourceAlreadyExistsException')) throw error;
    }
    if (!(await this.#find(nodeId))) {
      throw new Conflict(
        `IoT Core has a thing "${nodeId}" that is not a node of Holdfast.`,
        'Give the node another id.',
      );
    }
    if ((await this.#isActive(nodeId)) && !(await this.#isBack(nodeId, secret))) {
      throw new Conflict(
        `The node "${nodeId}" is registered.`,
        'Unregister it first, to give it new credentials.',
      );
    }
    await this.#removal.removeCertificates(nodeId);
  }

  /** Undefined when there is no such node; a thing that is no node counts as none. */
  async #find(nodeId: string): Promise<RegisteredNode | undefined> {
    try {
      const { attributes = {} } = await this.#options.client.send(
        new DescribeThingCommand({ thingName: nodeId }),
      );
      return attributes[MARK.name] === MARK.value ? nodeOf(nodeId, attributes) : undefined;
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  }

  /** What it was given when it came with this secret, it may never have received. */
  async #isBack(nodeId: string, secret: string | undefined): Promise<boolean> {
    return secret !== undefined && this.#options.keys.isSecret(nodeId, secret);
  }

  async #isActive(nodeId: string): Promise<boolean> {
    const list = new ListThingPrincipalsCommand({ thingName: nodeId });
    const { principals = [] } = await this.#options.client.send(list);
    const statuses = await Promise.all(principals.map((arn) => this.#removal.statusOf(arn)));
    return statuses.includes('ACTIVE');
  }

  async #issue(csrPem: string | undefined): Promise<IssuedCertificate> {
    const { client } = this.#options;
    if (csrPem === undefined) {
      const { certificateArn, certificatePem, keyPair } = await client.send(
        new CreateKeysAndCertificateCommand({ setAsActive: false }),
      );
      return { arn: certificateArn!, certificatePem: certificatePem!, privateKeyPem: keyPair!.PrivateKey! };
    }
    try {
      const { certificateArn, certificatePem } = await client.send(
        new CreateCertificateFromCsrCommand({ certificateSigningRequest: csrPem, setAsActive: false }),
      );
      return { arn: certificateArn!, certificatePem: certificatePem! };
    } catch (error) {
      if (!isNamed(error, 'InvalidRequestException')) throw error;
      throw new InvalidInput(
        `IoT Core refuses the certificate signing request: ${(error as Error).message}`,
        'Send PKCS #10 in PEM, for an RSA key of 2,048 bits or more or an elliptic-curve key of P-256, P-384 or P-521.',
        { cause: error },
      );
    }
  }

  async #brokerUrl(): Promise<string> {
    const { endpointAddress } = await this.#options.client.send(
      new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }),
    );
    return `mqtts://${endpointAddress}${endpointAddress!.includes(':') ? '' : ':8883'}`;
  }

  async #ask<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      throw failure(error, `IoT Core did not ${doing}`);
    }
  }
}

const nodeOf = (nodeId: string, attributes: Record<string, string>): RegisteredNode => ({
  nodeId,
  registeredMs: Number(attributes.registeredMs),
});
