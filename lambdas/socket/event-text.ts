import type { HoldfastEvent } from '../../core/event/event.ts';

const texts = new WeakMap<HoldfastEvent, string>();

/** The event as JSON, made once for all sockets that it goes to. */
export function eventText(event: HoldfastEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
}
