import type { LaneLink } from './release-lanes.ts';

/** Held by whoever drains a contact. */
export interface ContactLease {
  holder: string;
  /** How often others had asked for it when it was taken, or looked at last. */
  asked: number;
}

/** Lets one process at a time drain the lanes of a link. Errors of all: `StoreUnavailable`. */
export interface ContactLeases {
  /** Undefined where somebody else has it, who then looks at the lanes once more. It ends by itself at `untilMs`. */
  take(link: LaneLink, untilMs: number): Promise<ContactLease | undefined>;
  /** Tells whether somebody has it, who then looks at the lanes once more. */
  ask(link: LaneLink): Promise<boolean>;
  /** Has it end later; false where it is somebody else's by now. */
  renew(link: LaneLink, lease: ContactLease, untilMs: number): Promise<boolean>;
  /** `left`: it has ended by itself; `gone`: it was given back, or is somebody else's by now. */
  stateOf(link: LaneLink, holder: string): Promise<'held' | 'left' | 'gone'>;
  /** The lease again where somebody asked meanwhile: the lanes are to be looked at once more. */
  giveBack(link: LaneLink, lease: ContactLease): Promise<ContactLease | undefined>;
}
