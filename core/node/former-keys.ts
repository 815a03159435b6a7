/** Keys that a node and its host shared before: what was under way is still read with them. Base64url. */
export type FormerKey = Readonly<{ bundleKey: string; untilMs: number }>;

/** So long after a node got another. */
export const FORMER_KEY_MS = 86_400_000;
/** A bundle is tried with each, so they are few. */
export const FORMER_KEYS_MAX = 4;

/** Those that still count, the last first. */
export const stillRead = (former: readonly FormerKey[], nowMs: number): FormerKey[] =>
  former.filter(({ untilMs }) => untilMs > nowMs);

/** With `bundleKey`, which another takes the place of; undefined: there was none. */
export function replaced(
  bundleKey: string | undefined,
  former: readonly FormerKey[],
  nowMs: number,
): FormerKey[] {
  const last = bundleKey === undefined ? [] : [{ bundleKey, untilMs: nowMs + FORMER_KEY_MS }];
  return [...last, ...stillRead(former, nowMs)].slice(0, FORMER_KEYS_MAX);
}
