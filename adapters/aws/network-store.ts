/**
 * The network on DynamoDB; see the port. It changes seldom and is read as a whole, so it is one document: a change writes
 * the new one beside the old and then moves the head to it, and readers of an unchanged network read the head alone.
 *
 * | pk | sk | holds |
 * |---|---|---|
 * | `NET` | `HEAD` | the version, and where its document is |
 * | `NET` | `D#<document>#<part>` | what is registered, compressed, in parts that items hold |
 * | `NET` | `T#<text>#<part>` | a text of element sets or contacts, likewise |
 * | `NET` | `S#<link>` | what was last measured of a link |
 * | `NET` | `N#<node>` | what a node last said of itself |
 * | `NET` | `L#<node>` | what it was told of links that others measured |
 * | `NET` | `F#<node>` | which channels lead to it (`failover-memories.ts`) |
 */
import { randomBytes } from 'node:crypto';
import { StoreUnavailable } from '../../core/errors.ts';
import { NOTHING_REGISTERED, type Registered } from '../../core/network/network.ts';
import type {
  MeasuredLink,
  NetworkEdit,
  NetworkStore,
  NodeReport,
  ToldLink,
  ToldLinks,
} from '../../core/ports/network-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import type { Values } from './item.ts';
import type { ItemTable, Key } from './item-table.ts';
import { memoryKey, NETWORK_PK as PK } from './network-keys.ts';
import { PartedTexts } from './parted-texts.ts';

const HEAD: Key = { pk: PK, sk: 'HEAD' };
/** Those who change it at once come one after the other. */
const TRIES_MAX = 20;
const AT_ONCE = 8;

interface HeadItem extends Key {
  version: number;
  /** Another one for each version. */
  document: string;
}

interface StateItem extends Key {
  atMs: number;
  state: string;
}

interface ReportItem extends Key {
  atMs: number;
  report: string;
}

interface ToldItem extends Key {
  atMs: number;
  links?: string;
}

type Lists = Omit<Registered, 'version'>;

export class DynamoNetworkStore implements NetworkStore {
  readonly #table: ItemTable;
  readonly #texts: PartedTexts;

  constructor(table: ItemTable) {
    this.#table = table;
    this.#texts = new PartedTexts(table, PK);
  }

  async version(): Promise<number> {
    return (await this.#head())?.version ?? 0;
  }

  async registered(): Promise<Registered> {
    return (await this.#read()).registered;
  }

  async change(edit: (standing: Registered) => NetworkEdit | undefined): Promise<Registered> {
    for (let tried = 1; tried <= TRIES_MAX; tried++) {
      const { head, registered: standing } = await this.#read();
      const edited = edit(standing);
      if (edited === undefined) return standing;
      const { texts = {}, ...lists } = edited;
      const next = { ...standing, ...lists, version: standing.version + 1 };
      for (const [id, text] of Object.entries(texts)) await this.#texts.put(textName(id), text);
      if (await this.#move(head, next)) {
        await this.#forget(standing, next);
        return next;
      }
      for (const id of Object.keys(texts)) await this.#texts.delete(textName(id));
    }
    throw new StoreUnavailable('Too many change the network at once.', 'Try again in a moment.');
  }

  text(textId: string): Promise<string | undefined> {
    return this.#texts.get(textName(textId));
  }

  putLinkState({ linkId, atMs, ...state }: MeasuredLink): Promise<boolean> {
    return this.#putNewest(stateSk(linkId), atMs, { state: JSON.stringify(state) });
  }

  async linkStates(): Promise<MeasuredLink[]> {
    const items = await this.#table.query<StateItem>({ ...STATES, pk: PK, consistent: true });
    return items.map(({ sk, atMs, state }) => ({
      linkId: sk.slice(STATE.length),
      atMs,
      ...(JSON.parse(state) as Omit<MeasuredLink, 'linkId' | 'atMs'>),
    }));
  }

  putNodeReport({ nodeId, atMs, ...report }: NodeReport): Promise<boolean> {
    return this.#putNewest(reportSk(nodeId), atMs, { report: JSON.stringify(report) });
  }

  async nodeReports(): Promise<NodeReport[]> {
    const items = await this.#table.query<ReportItem>({ ...REPORTS, pk: PK, consistent: true });
    return items.map(({ sk, atMs, report }) => ({
      nodeId: sk.slice(REPORT.length),
      atMs,
      ...(JSON.parse(report) as Omit<NodeReport, 'nodeId' | 'atMs'>),
    }));
  }

  putToldLinks({ nodeId, atMs, links }: ToldLinks): Promise<boolean> {
    return this.#putNewest(toldSk(nodeId), atMs, { links: links && JSON.stringify([...links]) });
  }

  async toldLinks(): Promise<ToldLinks[]> {
    const items = await this.#table.query<ToldItem>({ ...TOLD_LINKS, pk: PK, consistent: true });
    return items.map(({ sk, atMs, links }) => ({
      nodeId: sk.slice(TOLD.length),
      atMs,
      links: links === undefined ? undefined : new Map(JSON.parse(links) as [string, ToldLink][]),
    }));
  }

  async #putNewest(sk: string, atMs: number, set: Values): Promise<boolean> {
    const { applied } = await this.#table.update({
      key: { pk: PK, sk },
      set: { ...set, atMs },
      only: { that: 'attribute_not_exists(#atMs) OR #atMs <= :now', values: { now: atMs } },
    });
    return applied;
  }

  #head(): Promise<HeadItem | undefined> {
    return this.#table.get<HeadItem>(HEAD);
  }

  /** A document is deleted once the head has moved on: who read the old head reads it again. */
  async #read(): Promise<{ head: HeadItem | undefined; registered: Registered }> {
    let head = await this.#head();
    for (let tried = 1; head !== undefined; tried++) {
      const text = await this.#texts.get(documentName(head.document));
      if (text !== undefined)
        return { head, registered: { version: head.version, ...(JSON.parse(text) as Lists) } };
      const before: HeadItem = head;
      head = await this.#head();
      if (head?.document === before.document || tried === TRIES_MAX) throw lost(before.document);
    }
    return { head, registered: NOTHING_REGISTERED };
  }

  /** False where somebody else was faster. */
  async #move(head: HeadItem | undefined, { version, ...lists }: Registered): Promise<boolean> {
    const document = randomBytes(9).toString('base64url');
    await this.#texts.put(documentName(document), JSON.stringify(lists));
    const { applied } = await this.#table.update({
      key: HEAD,
      set: { version, document },
      only:
        head === undefined
          ? { that: 'attribute_not_exists(#pk)' }
          : { that: '#document = :standing', values: { standing: head.document } },
    });
    const useless = applied ? head?.document : document;
    if (useless !== undefined) await this.#texts.delete(documentName(useless));
    return applied;
  }

  async #forget(before: Registered, next: Registered): Promise<void> {
    const textIds = ({ constellations, plans }: Registered) =>
      new Set([...constellations, ...plans].map(({ textId }) => textId));
    const kept = textIds(next);
    for (const id of textIds(before)) if (!kept.has(id)) await this.#texts.delete(textName(id));
    const gone = (list: 'links' | 'nodes') => {
      const kept = new Set(next[list].map(({ id }) => id));
      return before[list].filter(({ id }) => !kept.has(id));
    };
    const keys = [
      ...gone('links').map(({ id }) => stateSk(id)),
      ...gone('nodes').flatMap(({ id }) => [reportSk(id), toldSk(id), memoryKey(id).sk]),
    ];
    await eachOf(keys, AT_ONCE, async (sk) => void (await this.#table.delete({ pk: PK, sk })));
  }
}

const STATE = 'S#';
const STATES = { that: 'begins_with(#sk, :states)', values: { states: STATE } };
const REPORT = 'N#';
const REPORTS = { that: 'begins_with(#sk, :reports)', values: { reports: REPORT } };
const TOLD = 'L#';
const TOLD_LINKS = { that: 'begins_with(#sk, :told)', values: { told: TOLD } };
const toldSk = (nodeId: string): string => `${TOLD}${nodeId}`;
const reportSk = (nodeId: string): string => `${REPORT}${nodeId}`;
const stateSk = (linkId: string): string => `${STATE}${linkId}`;
const documentName = (document: string): string => `D#${document}`;
const textName = (textId: string): string => `T#${textId}`;

const lost = (document: string) =>
  new StoreUnavailable(
    `The table lacks the document ${document} of the network, which its head names.`,
    'Restore the table from its point-in-time recovery; nothing deletes the newest document.',
  );
