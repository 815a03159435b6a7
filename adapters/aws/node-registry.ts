import { Conflict, InvalidInput } from '../../core/errors.ts';
import { checkedNodeId } from '../../core/node/topics.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  CertificateCredentials,
  NodePage,
  NodeRegistry,
  RegisteredNode,
} from '../../core/ports/node-registry.ts';
import { isNamed } from './failures.ts';
import type { IotControl } from './iot-control.ts';
import { certificateId, NodeRemoval } from './node-removal.ts';
import type { Pauses } from './retry.ts';

/** Marks the things that are nodes of Holdfast, beside whatever else the account registers. */
const MARK = { name: 'holdfast', value: 'node' } as const;
const PAGE_LIMIT_MAX = 250;

export interface IotNodeRegistryOptions extends Pauses {
  iot: Pick<IotControl, 'send'>;
  clock: Clock;
  /** The policy that `nodePolicy` describes. */
  policyName: string;
}

interface Thing {
  thingName?: string;
  attributes?: Record<string, string>;
}

interface Issued {
  certificateArn: string;
  certificatePem: string;
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

  async register(nodeId: string, csrPem?: string): Promise<CertificateCredentials> {
    checkedNodeId(nodeId);
    const { iot, policyName } = this.#options;
    await this.#makeThing(nodeId);
    const brokerUrl = await this.#brokerUrl();
    const issued = await this.#issue(csrPem);
    await iot.send('PUT', `/things/${nodeId}/principals`, { principal: issued.arn });
    await iot.send('PUT', `/target-policies/${policyName}`, { body: { target: issued.arn } });
    // Last: until here it lets nobody in, and a repeated registration clears it away.
    await iot.send('PUT', `/certificates/${certificateId(issued.arn)}`, { query: { newStatus: 'ACTIVE' } });
    const { certificatePem, privateKeyPem } = issued;
    return { nodeId, brokerUrl, certificatePem, ...(privateKeyPem !== undefined && { privateKeyPem }) };
  }

  async unregister(nodeId: string): Promise<boolean> {
    checkedNodeId(nodeId);
    if (!(await this.#find(nodeId))) return false;
    await this.#removal.removeCertificates(nodeId);
    await this.#removal.removeThing(nodeId);
    return true;
  }

  async list({ cursor, limit = 100 }: { cursor?: string; limit?: number } = {}): Promise<NodePage> {
    const { things = [], nextToken } = await this.#options.iot.send<{ things?: Thing[]; nextToken?: string }>(
      'GET',
      '/things',
      {
        query: {
          attributeName: MARK.name,
          attributeValue: MARK.value,
          ...(cursor !== undefined && { nextToken: cursor }),
          maxResults: String(Math.min(limit, PAGE_LIMIT_MAX)),
        },
      },
    );
    const nodes = things.map(({ thingName = '', attributes = {} }) => nodeOf(thingName, attributes));
    return { nodes, ...(nextToken && { cursor: nextToken }) };
  }

  async #makeThing(nodeId: string): Promise<void> {
    const attributes = { [MARK.name]: MARK.value, registeredMs: String(this.#options.clock.now()) };
    try {
      const body = { attributePayload: { attributes } };
      await this.#options.iot.send('POST', `/things/${nodeId}`, { body });
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
    if (await this.#isActive(nodeId)) {
      throw new Conflict(
        `The node "${nodeId}" has credentials.`,
        `Take them back first: DELETE /nodes/${nodeId}/credentials.`,
      );
    }
    await this.#removal.removeCertificates(nodeId);
  }

  /** Undefined when there is no such node; a thing that is no node counts as none. */
  async #find(nodeId: string): Promise<RegisteredNode | undefined> {
    try {
      const { attributes = {} } = await this.#options.iot.send<Thing>('GET', `/things/${nodeId}`);
      return attributes[MARK.name] === MARK.value ? nodeOf(nodeId, attributes) : undefined;
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  }

  async #isActive(nodeId: string): Promise<boolean> {
    const path = `/things/${nodeId}/principals`;
    const { principals = [] } = await this.#options.iot.send<{ principals?: string[] }>('GET', path);
    const statuses = await Promise.all(principals.map((arn) => this.#removal.statusOf(arn)));
    return statuses.includes('ACTIVE');
  }

  async #issue(csrPem: string | undefined): Promise<IssuedCertificate> {
    const { iot } = this.#options;
    const query = { setAsActive: 'false' };
    if (csrPem === undefined) {
      const { certificateArn, certificatePem, keyPair } = await iot.send<
        Issued & { keyPair: { PrivateKey: string } }
      >('POST', '/keys-and-certificate', { query });
      return { arn: certificateArn, certificatePem, privateKeyPem: keyPair.PrivateKey };
    }
    try {
      const body = { certificateSigningRequest: csrPem };
      const { certificateArn, certificatePem } = await iot.send<Issued>('POST', '/certificates', {
        query,
        body,
      });
      return { arn: certificateArn, certificatePem };
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
    const { endpointAddress: host } = await this.#options.iot.send<{ endpointAddress: string }>(
      'GET',
      '/endpoint',
      { query: { endpointType: 'iot:Data-ATS' } },
    );
    return `mqtts://${host}${host.includes(':') ? '' : ':8883'}`;
  }
}

const nodeOf = (nodeId: string, attributes: Record<string, string>): RegisteredNode => ({
  nodeId,
  registeredMs: Number(attributes.registeredMs),
});
