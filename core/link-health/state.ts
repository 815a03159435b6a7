/** What is known of a link at a moment. */

/**
 * `up`; `suspect`: up, but silent for longer than it mostly is; `down`; `opening`: its contact began, nothing came back
 * yet; `closed`: there is no contact, as planned.
 */
export const LINK_STATUSES = ['up', 'suspect', 'down', 'opening', 'closed'] as const;
export type LinkStatus = (typeof LINK_STATUSES)[number];

export interface LinkState {
  status: LinkStatus;
  /** Since when it is `up` (suspect or not), `down`, `opening` or `closed`. */
  sinceMs: number;
  /** Up, with more loss, more delay or less rate than it should have; `reasons` says which. */
  isDegraded: boolean;
  /** Of the last probes, those that nothing came back from, 0 to 1. */
  lossRatio: number;
  /** There and back, the median of the last answers; undefined until there is one. */
  rttMs: number | undefined;
  /** As last measured; undefined until it was. */
  rateBitsPerSecond: number | undefined;
  /** In so many contacts in a row, the present one among them, nothing came back. */
  missedContacts: number;
  /** Why it is as it is: `nothing came back for 3 s`. */
  reasons: string[];
}

/** A link of which nothing more is known than `more` says. */
export const linkState = (status: LinkStatus, more: Partial<LinkState> = {}): LinkState => ({
  status,
  sinceMs: 0,
  isDegraded: false,
  lossRatio: 0,
  rttMs: undefined,
  rateBitsPerSecond: undefined,
  missedContacts: 0,
  reasons: [],
  ...more,
});

/** Whether something can be sent over it that has a fair chance to arrive. */
export const isUsable = ({ status }: Pick<LinkState, 'status'>): boolean =>
  status === 'up' || status === 'suspect';

/** `0.4 s`, `12 s`, `4 m 10 s`, `2 h 5 m`. */
export function lasting(ms: number): string {
  if (!Number.isFinite(ms)) return 'ever';
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} m` : `${minutes} m ${whole % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}
