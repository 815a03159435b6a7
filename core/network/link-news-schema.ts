/** What a node takes of its host about links, checked. Apart from the rest: who only tells has no use for it. */
import * as z from 'zod';
import { LINK_STATUSES } from '../link-health/state.ts';
import { REASONS_MAX, TOLD_AT_ONCE_MAX } from './link-news.ts';

export const linkNewsSchema = z.object({
  /** When it was so, by the host's clock. */
  atMs: z.number().nonnegative(),
  states: z
    .array(
      z.object({
        linkId: z.string(),
        status: z.enum(LINK_STATUSES),
        sinceMs: z.number(),
        isDegraded: z.boolean(),
        lossRatio: z.number().min(0).max(1),
        rttMs: z.number().nonnegative().optional(),
        rateBitsPerSecond: z.number().positive().optional(),
        missedContacts: z.int().nonnegative(),
        reasons: z.array(z.string()).max(REASONS_MAX),
      }),
    )
    .max(TOLD_AT_ONCE_MAX),
});

export type LinkNews = z.infer<typeof linkNewsSchema>;
