/** A server that answers as an AWS service is documented to, and the settings for a client that talks to it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  /** The operation of a JSON protocol (`StartExecution`), or method and path of a REST one. */
  operation: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- what each test looks at is another
  body: any;
  /** As it came. */
  bytes: Buffer;
  headers: IncomingMessage['headers'];
  /** Which of the service's connections it came over. */
  connection: number;
}

export interface Answer {
  /** @default 200 */
  status?: number;
  body?: object;
  headers?: Record<string, string>;
}

export interface Service {
  url: string;
  calls: Call[];
  /** Of one operation, in order. */
  of(operation: string): Call[];
  /** For the constructor of a client. */
  settings: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  close(): Promise<void>;
}

/** An error of a service, as its JSON protocols carry it. */
export const refusal = (name: string, message = 'no', status = 400): Answer => ({
  status,
  body: { __type: name, message },
  headers: { 'x-amzn-errortype': name },
});

export async function serve(answer: (call: Call) => Answer | Promise<Answer>): Promise<Service> {
  const calls: Call[] = [];
  const connections = new Map<object, number>();
  const server = createServer((request, response) => {
    const reply = async () => {
      const call = await read(request, connections);
      calls.push(call);
      const { status = 200, body = {}, headers = {} } = await answer(call);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
      response.end(JSON.stringify(body));
    };
    void reply();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    of: (operation) => calls.filter((call) => call.operation === operation),
    settings: {
      endpoint: url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      maxAttempts: 1,
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(request: IncomingMessage, connections: Map<object, number>): Promise<Call> {
  const known = connections.get(request.socket) ?? connections.size;
  connections.set(request.socket, known);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const target = request.headers['x-amz-target'] as string | undefined;
  return {
    operation: target?.split('.').at(-1) ?? `${request.method} ${decodeURIComponent(request.url ?? '')}`,
    body: parsed(bytes.toString()),
    bytes,
    headers: request.headers,
    connection: known,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Time that passes at once, and what was slept. */
export function instantClock() {
  const slept: number[] = [];
  return {
    slept,
    now: () => 1_000,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
}

/** The longest pause each time. */
export const latest = { next: () => 1 - Number.EPSILON };
