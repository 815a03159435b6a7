/** What a scenario sends, and what becomes of it. */
import type { Message } from '../../core/custody/message.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { type PrecedenceReport, quantile, type SimulationReport } from '../../core/simulator/report.ts';
import type { Scenario } from '../../core/simulator/scenario.ts';
import type { VirtualTime } from '../../core/simulator/virtual-time.ts';

interface Offered extends Pick<Message, 'precedence'> {
  offeredMs: number;
  expiresMs: number;
  deliveredMs?: number;
}

export class Traffic {
  readonly #scenario: Scenario;
  readonly #time: VirtualTime;
  readonly #offered: Offered[] = [];
  #repeated = 0;

  constructor(scenario: Scenario, time: VirtualTime) {
    this.#scenario = scenario;
    this.#time = time;
  }

  /** Has `send` called at each time. */
  schedule(send: (from: string, message: Message) => Promise<void>): void {
    const { traffic, starts, for: forMs } = this.#scenario;
    for (const { from, to, sizeBytes, precedence, lifetime, at, every, count } of traffic)
      for (let turn = 0; turn < count; turn++) {
        const atMs = starts + at + turn * every;
        if (atMs >= starts + forMs) break;
        this.#time.at(atMs, () => {
          const index = this.#offered.length;
          this.#offered.push({ precedence, offeredMs: atMs, expiresMs: atMs + lifetime });
          const payload = new Uint8Array(sizeBytes);
          new DataView(payload.buffer).setUint32(0, index);
          const common = { to, service: 'traffic', payload, precedence, createdMs: atMs };
          void send(from, { id: String(index), lifetimeMs: lifetime, ...common });
        });
      }
  }

  delivered(payload: Uint8Array): void {
    const index = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    const offered = this.#offered[index]!;
    if (offered.deliveredMs === undefined) offered.deliveredMs = this.#time.nowMs;
    else this.#repeated++;
  }

  report(): Pick<SimulationReport, 'precedences' | 'repeated'> {
    const used = PRECEDENCES.filter((one) => this.#offered.some(({ precedence }) => precedence === one));
    const precedences = used.map((precedence): PrecedenceReport => {
      const own = this.#offered.filter((one) => one.precedence === precedence);
      const delaysMs = own.flatMap(({ deliveredMs, offeredMs }) =>
        deliveredMs === undefined ? [] : [deliveredMs - offeredMs],
      );
      const expired = own.filter(
        ({ deliveredMs, expiresMs }) => deliveredMs === undefined && expiresMs <= this.#time.nowMs,
      ).length;
      const report = { precedence, offered: own.length, delivered: delaysMs.length, expired };
      const underWay = own.length - delaysMs.length - expired;
      if (delaysMs.length === 0) return { ...report, underWay };
      const meanDelayMs = delaysMs.reduce((sum, ms) => sum + ms, 0) / delaysMs.length;
      return { ...report, underWay, meanDelayMs, p95DelayMs: quantile(delaysMs, 0.95)! };
    });
    return { precedences, repeated: this.#repeated };
  }
}
