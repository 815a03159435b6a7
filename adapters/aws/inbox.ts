import { InvalidInput } from '../../core/errors.ts';

/** What a node said, as the rule of lib/edge.ts puts it into the inbox; the payload in base64. Errors: `InvalidInput`. */
export function readSaid(body: string): { nodeId: string; channel: string; bytes: Uint8Array } {
  const { nodeId, channel, payload } = (jsonOf(body) ?? {}) as Record<string, unknown>;
  if (typeof nodeId === 'string' && typeof channel === 'string' && typeof payload === 'string')
    return { nodeId, channel, bytes: new Uint8Array(Buffer.from(payload, 'base64')) };
  throw new InvalidInput(
    `The message is nothing that a node said: ${body.slice(0, 200)}`,
    'Only the rule of IoT Core sends to this queue: find out who sent it, and delete it.',
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
