import { InvalidInput } from '../errors.ts';
import type { Contact, RateStep } from './contact.ts';
import type { ReadPlan } from './plan.ts';
import { type Range, withDelays } from './ranges.ts';
import type { PlanNote, PlanRow } from './settle.ts';

/**
 * A-SABR's own text (https://github.com/DTN-MTP/A-SABR): `node ID NAME` and
 * `contact FROM TO START END [evl|eto|qd] RATE DELAY`, or with phases
 * `contact FROM TO START END seg rate [start end rate, …] delay [start end delay, …]`. Line breaks count as blanks,
 * `#` begins a comment. Times are seconds; rates, whatever their unit, are read as bits a second.
 * Errors: `InvalidInput`, with the line.
 */
export function readAsabr(text: string, name: string): ReadPlan {
  const words = new Words(text, name);
  const nodes = new Set<string>();
  const rows: PlanRow[] = [];
  const notes: PlanNote[] = [];
  while (words.peek() !== undefined) {
    const { line } = words;
    const at = `line ${line}`;
    const keyword = words.next('a "node" or "contact"');
    if (keyword === 'node' || keyword === 'enode') {
      nodes.add(nodeOf(words, nodes, at, notes));
    } else if (keyword === 'contact') {
      rows.push(...contactOf(words, nodes, at, notes));
    } else if (keyword === 'vnode') {
      words.skipTo(KEYWORD);
      notes.push({ at, message: 'virtual nodes are no places; it is left out' });
    } else {
      words.refuse(`"${keyword}" begins nothing`, 'Begin with node or contact.', line);
    }
  }
  return { rows, nodes, notes };
}

const KEYWORD = /^(node|enode|vnode|contact)$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

class Words {
  readonly #words: { word: string; line: number }[] = [];
  readonly #name: string;
  #at = 0;

  constructor(text: string, name: string) {
    this.#name = name;
    text.split(/\r\n|[\r\n]/).forEach((line, index) => {
      for (const [word] of line.replace(/#.*/, '').matchAll(/[[\]]|[^\s,[\]]+/g))
        this.#words.push({ word, line: index + 1 });
    });
  }

  get line(): number {
    return (this.#words[this.#at] ?? this.#words.at(-1))?.line ?? 1;
  }

  peek(): string | undefined {
    return this.#words[this.#at]?.word;
  }

  next(what: string): string {
    const word = this.peek();
    if (word === undefined) return this.refuse(`it ends where ${what} is due`, 'Give the whole plan.');
    this.#at += 1;
    return word;
  }

  number(what: string): number {
    const { line } = this;
    const word = this.next(what);
    return NUMBER.test(word) && Number.isFinite(Number(word))
      ? Number(word)
      : this.refuse(`${what} is "${word.slice(0, 40)}"`, 'Give a number.', line);
  }

  isNumber(): boolean {
    return NUMBER.test(this.peek() ?? '');
  }

  skipTo(keyword: RegExp): void {
    while (this.peek() !== undefined && !keyword.test(this.peek()!)) this.#at += 1;
  }

  refuse(what: string, fix: string, line = this.line): never {
    throw new InvalidInput(`${this.#name}:${line}: ${what}.`, fix);
  }
}

function nodeOf(words: Words, nodes: ReadonlySet<string>, at: string, notes: PlanNote[]): string {
  const { line } = words;
  const id = words.next("a node's id");
  if (nodes.has(id)) words.refuse(`node ${id} is there twice`, 'Give each node an id of its own.', line);
  words.next("the node's name");
  const management = words.peek();
  if (management === undefined || KEYWORD.test(management)) return id;
  words.skipTo(KEYWORD);
  if (management !== 'none')
    notes.push({
      at,
      message: `its management "${management.slice(0, 40)}" is left out; it stores and forwards`,
    });
  return id;
}

function contactOf(words: Words, nodes: ReadonlySet<string>, at: string, notes: PlanNote[]): PlanRow[] {
  const node = (what: string) => {
    const { line } = words;
    const id = words.next(what);
    return nodes.has(id)
      ? id
      : words.refuse(`there is no node ${id}`, 'Declare it before: node ID NAME.', line);
  };
  const from = node("the sender's id");
  const to = node("the receiver's id");
  const base = {
    from,
    to,
    startMs: words.number('the start') * 1000,
    endMs: words.number('the end') * 1000,
  };
  const manager = words.isNumber() ? 'evl' : words.peek();
  if (manager === 'rate' || manager === 'delay') return phased(words, base, at);
  if (!words.isNumber()) words.next('a rate');
  if (manager === 'seg') return phased(words, base, at);
  if (!/^p?(evl|eto|qd)$/.test(manager ?? ''))
    words.refuse(`contacts of "${manager?.slice(0, 40)}" are unknown`, 'Use evl, eto, qd or seg.');
  const contact = {
    ...base,
    rateBitsPerSecond: words.number('the rate'),
    delayMs: words.number('the delay') * 1000,
  };
  if (words.isNumber()) {
    notes.push({ at, message: 'its budgets by priority are left out; the contact counts' });
    words.skipTo(KEYWORD);
  }
  return [{ contact, at }];
}

interface Phase {
  startMs: number;
  endMs: number;
  value: number;
}

/** `rate [start end rate …] delay [start end delay …]`, in any order, each without a gap over the whole window. */
function phased(
  words: Words,
  base: Pick<Contact, 'from' | 'to' | 'startMs' | 'endMs'>,
  at: string,
): PlanRow[] {
  const phases: Partial<Record<'rate' | 'delay', Phase[]>> = {};
  for (let kind = words.peek(); kind === 'rate' || kind === 'delay'; kind = words.peek()) {
    words.next(kind);
    phases[kind] = phasesOf(words, kind, base);
  }
  const { rate, delay } = phases;
  if (rate === undefined || delay === undefined)
    return words.refuse('a contact of phases has no rates or no delays', 'Give rate […] and delay […].');
  const [first, ...later] = rate;
  const rateSteps = later.map(
    ({ startMs, value }): RateStep => ({ atMs: startMs, rateBitsPerSecond: value }),
  );
  const contact: Contact = {
    ...base,
    rateBitsPerSecond: first!.value,
    delayMs: 0,
    ...(rateSteps.length > 0 && { rateSteps }),
  };
  const { from, to } = base;
  const ranges = delay.map(
    ({ startMs, endMs, value }): Range => ({ from, to, startMs, endMs, delayMs: value * 1000, at }),
  );
  return withDelays([{ contact, at }], ranges, []);
}

function phasesOf(words: Words, kind: string, base: Pick<Contact, 'startMs' | 'endMs'>): Phase[] {
  const { line } = words;
  if (words.next('"["') !== '[')
    words.refuse(`${kind} is followed by no "["`, 'Write [start end value, …].', line);
  const phases: Phase[] = [];
  let at = base.startMs;
  while (words.peek() !== ']') {
    const [startMs, endMs] = [words.number('its start') * 1000, words.number('its end') * 1000];
    phases.push({ startMs, endMs, value: words.number(`its ${kind}`) });
    if (startMs !== at || endMs <= startMs) break;
    at = endMs;
  }
  const isWhole = words.peek() === ']' && at === base.endMs;
  if (!isWhole)
    words.refuse(
      `its ${kind} phases leave gaps`,
      "Let them follow each other over the contact's window.",
      line,
    );
  words.next('"]"');
  return phases;
}
