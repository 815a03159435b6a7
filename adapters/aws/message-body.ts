import { InvalidInput } from '../../core/errors.ts';

/** Undefined for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message that none of its queue's own writers has put there. `what` ends "The message is": `no timer: …`. */
export const stray = (what: string, writers = 'the functions of Holdfast send'): InvalidInput =>
  new InvalidInput(
    `The message is ${what}`,
    `Only ${writers} to this queue: find out who sent it, and delete it.`,
  );
