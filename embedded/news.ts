/** What a host tells its nodes, as it comes to them. */
import { InvalidInput } from '../core/errors.ts';

/** Errors: `InvalidInput` for what is none, or is not from who may tell. */
export function newsFrom(from: string, source: string, payload: Uint8Array): unknown {
  if (source !== from)
    throw new InvalidInput(`"${source}" tells of the network.`, `Only "${from}" may: this node joined it.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    throw new InvalidInput(
      `What tells of the network is no JSON: ${(error as Error).message}.`,
      'Send JSON.',
    );
  }
}
