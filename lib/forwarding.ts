import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import type { Capability } from './capability.ts';
import type { Events } from './events.ts';
import { Lanes } from './lanes.ts';
import { LinkQueue } from './link-queue.ts';
import { Timers } from './timers.ts';

export interface ForwardingProps {
  /** Begins the names of the lanes. */
  prefix: string;
  /** Encrypts the messages; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
  /**
   * Links that may be in contact at once.
   * @default 2
   */
  satelliteLanes?: number;
}

/** Those who move bundles on. */
export interface Movers {
  arrive: Capability;
  forward: Capability;
  contact: Capability;
}

/** What one process takes at a time: the table's counters carry no more (adapters/aws/custody-store.ts). */
const CONCURRENCY_MAX = 50;
/** A contact is drained by one at a time; the calls of others only ask it to look once more. */
const CONTACTS_MAX = 100;

/** Where bundles wait for being moved on: at once, in contacts, or for a contact to begin. */
export class Forwarding extends Construct {
  /** What is to be done about bundles. */
  readonly errands: LinkQueue;
  /** Contacts, delayed until they begin. */
  readonly contacts: Timers;
  /** What may leave in a contact. */
  readonly lanes: Lanes;

  constructor(scope: Construct, id: string, { prefix, key, satelliteLanes }: ForwardingProps) {
    super(scope, id);
    this.errands = new LinkQueue(this, 'Errands', { key, ordered: false });
    this.contacts = new Timers(this, 'Contacts', {
      key,
      receivesMax: 3,
      visibilityTimeout: Duration.minutes(10),
    });
    this.lanes = new Lanes(this, 'Lanes', { prefix, key, count: satelliteLanes });
  }

  /** Hands what nodes say to `arrive`, errands to `forward`, contacts to `contact`; each minute what is due is looked at. */
  open({ arrive, forward, contact }: Movers, inbox: LinkQueue, events: Events): void {
    this.#consume('Arrive', arrive, inbox, { batchSize: 10, maxConcurrency: CONCURRENCY_MAX });
    this.#consume('Forward', forward, this.errands, { batchSize: 10, maxConcurrency: CONCURRENCY_MAX });
    this.#consume('Contact', contact, this.contacts, { batchSize: 1, maxConcurrency: CONTACTS_MAX });
    events.sendEvery('LookAtBundles', Duration.minutes(1), this.errands, { type: 'sweep' });
  }

  #consume(
    id: string,
    target: Capability,
    { queue }: LinkQueue,
    options: Pick<lambda.EventSourceMappingOptions, 'batchSize' | 'maxConcurrency'>,
  ): void {
    const mapping = new lambda.EventSourceMapping(this, id, {
      target: target.function,
      eventSourceArn: queue.queueArn,
      reportBatchItemFailures: true,
      ...options,
    });
    acknowledge(mapping, 'queueFailures');
  }
}
