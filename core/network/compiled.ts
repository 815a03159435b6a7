/** What is registered, made ready for searches over a horizon; worked out once and shared. */
import { compilePlan, type ContactPlan } from '../contact-plan/compile.ts';
import type { Contact } from '../contact-plan/contact.ts';
import { InvalidInput, StoreUnavailable } from '../errors.ts';
import { hashJson } from '../hash.ts';
import type { JsonValue } from '../json.ts';
import type { NetworkStore } from '../ports/network-store.ts';
import { madeOnce, Recent } from '../recent.ts';
import {
  type Carrier,
  carriersOf,
  constellationContacts,
  type Horizon,
  type LeftOutSatellite,
  type Pause,
  planContacts,
  staticContacts,
  throughLinks,
} from './contacts.ts';
import { knownNodes, pairCount } from './edit.ts';
import { NETWORK_LIMITS, type Registered, type StoredConstellation } from './network.ts';

export interface CompiledNetwork {
  registered: Registered;
  horizon: Horizon;
  plan: ContactPlan;
  /** By id; see `carrierOf`. */
  carriers: ReadonlyMap<string, Carrier>;
  leftOut: readonly LeftOutSatellite[];
}

/** Horizons begin at multiples of this, so that questions asked in the meantime share one. */
const STEP_MS = 6 * 3_600_000;
const HOUR_MS = 3_600_000;
/** How long a pair of satellites takes, in pairs of a satellite and a station; measured. */
const PAIR_LOOKS = 7;
/** What may always be looked at a day ahead. */
const LOOKS_MAX = NETWORK_LIMITS.satellitesTimesStations + PAIR_LOOKS * NETWORK_LIMITS.satellitePairs;
const REACH_MS = STEP_MS + 24 * HOUR_MS;
const COMPILED_MAX = 4;
const TRIES_MAX = 3;
const FLIGHTS_MAX = 16;

type Flown = Awaited<ReturnType<typeof constellationContacts>>;

export class NetworkCompiler {
  readonly #store: NetworkStore;
  readonly #pause: Pause;
  readonly #compiled = new Recent<string, Promise<CompiledNetwork>>(COMPILED_MAX);
  /** Most changes leave the satellites as they are. */
  readonly #flights = new Recent<string, Promise<Flown>>(FLIGHTS_MAX);
  #registered: Registered | undefined;

  constructor(store: NetworkStore, pause: Pause) {
    this.#store = store;
    this.#pause = pause;
  }

  /** What is registered now. */
  async registered(): Promise<Registered> {
    const version = await this.#store.version();
    if (this.#registered?.version !== version) this.#registered = await this.#store.registered();
    return this.#registered;
  }

  /** The network as it is registered now, from `atMs` on for `aheadMs` at least. */
  async compiled(atMs: number, aheadMs: number): Promise<CompiledNetwork> {
    const fromMs = Math.floor(atMs / STEP_MS) * STEP_MS;
    const horizon = { fromMs, toMs: fromMs + STEP_MS + aheadMs };
    for (let tried = 1; ; tried++) {
      const registered = await this.registered();
      checkReach(registered, STEP_MS + aheadMs);
      const key = `${registered.version} ${fromMs} ${aheadMs}`;
      try {
        return await madeOnce(this.#compiled, key, () => this.#compile(registered, horizon));
      } catch (error) {
        if (!(error instanceof TextReplaced) || tried === TRIES_MAX) throw error;
      }
    }
  }

  async #compile(registered: Registered, horizon: Horizon): Promise<CompiledNetwork> {
    const contacts: Contact[][] = [];
    const leftOut: LeftOutSatellite[] = [];
    for (const constellation of registered.constellations) {
      const flown = await this.#fly(constellation, registered, horizon);
      contacts.push(flown.contacts);
      leftOut.push(...flown.leftOut);
    }
    for (const stored of registered.plans)
      contacts.push(planContacts(stored, await this.#text(stored.textId), horizon));
    const { links } = registered;
    const all = [...staticContacts(links, horizon), ...throughLinks(contacts.flat(), links)];
    const plan = compilePlan(all, knownNodes(registered));
    return { registered, horizon, plan, carriers: carriersOf(registered), leftOut };
  }

  #fly(constellation: StoredConstellation, { nodes }: Registered, horizon: Horizon): Promise<Flown> {
    const { nodes: _, ...settings } = constellation;
    const stations = nodes.filter(({ position }) => position !== undefined);
    const places = stations.map(({ id, position }) => [id, position]);
    const key = hashJson(JSON.parse(JSON.stringify([settings, places, horizon])) as JsonValue);
    return madeOnce(this.#flights, key, async () =>
      constellationContacts(
        constellation,
        await this.#text(constellation.textId),
        stations,
        horizon,
        this.#pause,
      ),
    );
  }

  async #text(textId: string): Promise<string> {
    const text = await this.#store.text(textId);
    if (text !== undefined) return text;
    throw new TextReplaced();
  }
}

/** Errors: `InvalidInput` where so many satellites would be flown so far ahead that the answer came too late. */
function checkReach({ nodes, constellations }: Registered, reachMs: number): void {
  const stations = nodes.filter(({ position }) => position !== undefined).length;
  const looks = constellations.reduce(
    (sum, each) => sum + each.nodes.length * stations + PAIR_LOOKS * pairCount(each),
    0,
  );
  const reachMsMax = (LOOKS_MAX / looks) * REACH_MS;
  if (reachMs > reachMsMax)
    throw new InvalidInput(
      `The passes of so many satellites can be looked at ${Math.floor((reachMsMax - STEP_MS) / HOUR_MS)} hours ahead; ${(reachMs - STEP_MS) / HOUR_MS} were asked for.`,
      'Ask for fewer hours.',
    );
}

/** A constellation or a plan was replaced between the reading of what is registered and that of its text. */
class TextReplaced extends StoreUnavailable {
  constructor() {
    super('The network changes faster than it is read.', 'Ask again in a moment.');
  }
}
