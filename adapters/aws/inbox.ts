import { jsonOf, stray } from './message-body.ts';

/** What a node said, as the rule of lib/edge.ts puts it into the inbox; the payload in base64. Errors: `InvalidInput`. */
export function readSaid(body: string): { nodeId: string; channel: string; bytes: Uint8Array } {
  const { nodeId, channel, payload } = (jsonOf(body) ?? {}) as Record<string, unknown>;
  if (typeof nodeId === 'string' && typeof channel === 'string' && typeof payload === 'string')
    return { nodeId, channel, bytes: new Uint8Array(Buffer.from(payload, 'base64')) };
  throw stray(`nothing that a node said: ${body.slice(0, 200)}`, 'the rule of IoT Core sends');
}
