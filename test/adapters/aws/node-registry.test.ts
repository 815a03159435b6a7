import { IoTClient } from '@aws-sdk/client-iot';
import { afterEach, describe, expect, test } from 'vitest';
import { IotNodeRegistry } from '../../../adapters/aws/node-registry.ts';
import { Conflict, InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import { type Answer, type Call, instantClock, latest, refusal, serve, type Service } from './service.ts';

let service: Service;
const forgotten: string[] = [];
afterEach(() => {
  forgotten.length = 0;
  return service.close();
});

const ARN = 'arn:aws:iot:eu-central-1:123456789012:cert/c0ffee';
const ISSUED = { certificateArn: ARN, certificateId: 'c0ffee', certificatePem: 'CERTIFICATE' };
const NODE = { attributes: { holdfast: 'node', registeredMs: '1000' } };

/** What IoT Core answers to one new node; `more` by the beginning of the operation, as it is then. */
async function registry(more: Record<string, (call: Call) => Answer> = {}) {
  const answers: Record<string, Answer> = {
    'POST /things/edge-7': { body: { thingName: 'edge-7' } },
    'GET /endpoint': { body: { endpointAddress: 'abc-ats.iot.eu-central-1.amazonaws.com' } },
    'POST /keys-and-certificate': { body: { ...ISSUED, keyPair: { PrivateKey: 'KEY' } } },
    'POST /certificates': { body: ISSUED },
  };
  service = await serve((call) => {
    const name = Object.keys(more).find((begin) => call.operation.startsWith(begin));
    if (name !== undefined) return more[name]!(call);
    return Object.entries(answers).find(([begin]) => call.operation.startsWith(begin))?.[1] ?? {};
  });
  const client = new IoTClient(service.settings);
  const keys = {
    make: async (nodeId: string) => `key of ${nodeId}`,
    isSecret: async (nodeId: string, secret: string) => secret === `secret of ${nodeId}`,
    forget: async (nodeId: string) => void forgotten.push(nodeId),
  };
  const policyName = 'holdfast-node';
  return new IotNodeRegistry({ client, policyName, keys, clock: instantClock(), random: latest });
}

/** There is a node, with a certificate. */
const standing = (status: string): Record<string, () => Answer> => ({
  'POST /things/edge-7': () => refusal('ResourceAlreadyExistsException', 'exists', 409),
  'GET /things/edge-7/principals': () => ({ body: { principals: [ARN] } }),
  'GET /things/edge-7': () => ({ body: NODE }),
  'GET /certificates/c0ffee': () => ({ body: { certificateDescription: { status } } }),
});

const operations = () => service.calls.map(({ operation }) => operation.replace(/\?.*/, ''));

describe('IotNodeRegistry', () => {
  test('registers a node as a thing, and lets its certificate in last', async () => {
    const nodes = await registry();
    expect(await nodes.register('edge-7')).toEqual({
      nodeId: 'edge-7',
      brokerUrl: 'mqtts://abc-ats.iot.eu-central-1.amazonaws.com:8883',
      bundleKey: 'key of edge-7',
      certificatePem: 'CERTIFICATE',
      privateKeyPem: 'KEY',
    });
    expect(operations()).toEqual([
      'POST /things/edge-7',
      'GET /endpoint',
      'POST /keys-and-certificate',
      'PUT /things/edge-7/principals',
      'PUT /target-policies/holdfast-node',
      'PUT /certificates/c0ffee',
    ]);
    const [thing, , keys, principal, , active] = service.calls;
    expect(thing!.body).toEqual({ attributePayload: { attributes: NODE.attributes } });
    expect(keys!.operation).toContain('setAsActive=false');
    expect(principal!.headers['x-amzn-principal']).toBe(ARN);
    expect(active!.operation).toContain('newStatus=ACTIVE');
  });

  test('certifies a key that the node made, and never sees it', async () => {
    const nodes = await registry();
    expect(await nodes.register('edge-7', 'CSR')).not.toHaveProperty('privateKeyPem');
    expect(service.calls[2]!.body).toEqual({ certificateSigningRequest: 'CSR' });
    expect(service.calls[2]!.operation).toContain('setAsActive=false');
  });

  test('refuses a node that is registered', async () => {
    const nodes = await registry(standing('ACTIVE'));
    await expect(nodes.register('edge-7')).rejects.toThrow(Conflict);
    expect(operations()).not.toContain('POST /keys-and-certificate');
  });

  test('gives a node that comes back with its secret another certificate in place of the last', async () => {
    const nodes = await registry(standing('ACTIVE'));
    await expect(nodes.register('edge-7', undefined, 'of another')).rejects.toThrow(Conflict);
    expect(await nodes.register('edge-7', undefined, 'secret of edge-7')).toMatchObject({
      bundleKey: 'key of edge-7',
      certificatePem: 'CERTIFICATE',
    });
    const done = operations();
    expect(done.indexOf('DELETE /certificates/c0ffee')).toBeLessThan(
      done.indexOf('POST /keys-and-certificate'),
    );
  });

  test('clears away what a registration left that broke off', async () => {
    const nodes = await registry(standing('INACTIVE'));
    await nodes.register('edge-7');
    const done = operations();
    expect(done.indexOf('DELETE /certificates/c0ffee')).toBeGreaterThan(0);
    expect(done.indexOf('DELETE /certificates/c0ffee')).toBeLessThan(
      done.indexOf('POST /keys-and-certificate'),
    );
  });

  test('refuses the name of a thing that is no node', async () => {
    const nodes = await registry({
      'POST /things/edge-7': () => refusal('ResourceAlreadyExistsException', 'exists', 409),
      'GET /things/edge-7': () => ({ body: { attributes: { pump: '1' } } }),
    });
    await expect(nodes.register('edge-7')).rejects.toThrow(/a thing "edge-7" that is not a node/);
    expect(await nodes.unregister('edge-7')).toBe(false);
    expect(operations().filter((operation) => operation.startsWith('DELETE'))).toEqual([]);
  });

  test('refuses what is no certificate signing request', async () => {
    const nodes = await registry({
      'POST /certificates': () => refusal('InvalidRequestException', 'bad CSR'),
    });
    await expect(nodes.register('edge-7', 'no')).rejects.toThrow(InvalidInput);
  });

  test('lets a node in no more before anything else is taken away', async () => {
    const nodes = await registry({
      'GET /things/edge-7/principals': () => ({ body: { principals: [ARN] } }),
      'GET /things/edge-7': () => ({ body: NODE }),
    });
    expect(await nodes.unregister('edge-7')).toBe(true);
    expect(operations().slice(2)).toEqual([
      'PUT /certificates/c0ffee',
      'POST /target-policies/holdfast-node',
      'DELETE /things/edge-7/principals',
      'DELETE /certificates/c0ffee',
      'DELETE /things/edge-7',
    ]);
    expect(service.calls[2]!.operation).toContain('newStatus=INACTIVE');
    expect(forgotten).toEqual(['edge-7']);
  });

  test('waits until a detachment is known', async () => {
    let asked = 0;
    const nodes = await registry({
      'GET /things/edge-7/principals': () => ({ body: { principals: [] } }),
      'GET /things/edge-7': () => ({ body: NODE }),
      'DELETE /things/edge-7': () =>
        ++asked < 3 ? refusal('InvalidRequestException', 'still attached') : { status: 200 },
    });
    expect(await nodes.unregister('edge-7')).toBe(true);
    expect(asked).toBe(3);
  });

  test('fails as unavailable when a detachment is not known for long', async () => {
    const nodes = await registry({
      'GET /things/edge-7/principals': () => ({ body: { principals: [] } }),
      'GET /things/edge-7': () => ({ body: NODE }),
      'DELETE /things/edge-7': () => refusal('InvalidRequestException', 'still attached'),
    });
    await expect(nodes.unregister('edge-7')).rejects.toThrow(StoreUnavailable);
  });

  test('is done at once where there is no such node', async () => {
    const nodes = await registry({
      'GET /things/edge-7': () => refusal('ResourceNotFoundException', 'none', 404),
    });
    expect(await nodes.unregister('edge-7')).toBe(false);
    expect(service.calls).toHaveLength(1);
  });

  test('lists the things that are nodes, page by page', async () => {
    const nodes = await registry({
      'GET /things': () => ({ body: { things: [{ thingName: 'edge-7', ...NODE }], nextToken: 'more' } }),
    });
    expect(await nodes.list({ cursor: 'here', limit: 1 })).toEqual({
      nodes: [{ nodeId: 'edge-7', registeredMs: 1000 }],
      cursor: 'more',
    });
    const { searchParams } = new URL(service.calls[0]!.operation.slice('GET '.length), service.url);
    expect(Object.fromEntries(searchParams)).toEqual({
      attributeName: 'holdfast',
      attributeValue: 'node',
      maxResults: '1',
      nextToken: 'here',
    });
  });

  test('refuses an id that could reach beyond its topics, before it asks anybody', async () => {
    const nodes = await registry();
    await expect(nodes.register('edge/+')).rejects.toThrow(InvalidInput);
    await expect(nodes.unregister('#')).rejects.toThrow(InvalidInput);
    expect(service.calls).toEqual([]);
  });

  test('fails as unavailable when IoT Core throttles', async () => {
    const nodes = await registry({ 'POST /things': () => refusal('ThrottlingException', 'slow') });
    await expect(nodes.register('edge-7')).rejects.toThrow(StoreUnavailable);
  });
});
