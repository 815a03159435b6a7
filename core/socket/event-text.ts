import type { HoldfastEvent } from '../event/event.ts';

const texts = new WeakMap<HoldfastEvent, string>();

/** The event as JSON, made once for all sockets that it goes to. */
export function eventText(event: HoldfastEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
}

/** Writes the `event` messages of a subscription. */
export function eventWriter(subscription: string) {
  const head = `{"type":"event","subscription":${JSON.stringify(subscription)},`;
  return (event: HoldfastEvent, cursor: number | undefined): string =>
    `${head}${cursorText(cursor)}"event":${eventText(event)}}`;
}

/** An `events` message; `cursor` is that of the last. */
export function eventsText(subscription: string, events: readonly HoldfastEvent[], cursor?: number): string {
  const head = `{"type":"events","subscription":${JSON.stringify(subscription)},`;
  return `${head}${cursorText(cursor)}"events":[${events.map(eventText).join(',')}]}`;
}

const cursorText = (cursor: number | undefined): string =>
  cursor === undefined ? '' : `"cursor":${cursor},`;
