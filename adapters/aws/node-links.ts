import { linkClient } from './clients/link-client.ts';
import { lazily } from './lazily.ts';
import { clock, random } from './machine.ts';

/** Leads to nodes, made when first asked for and once a process. */
export const nodeLinks = lazily(() => linkClient({ clock, random }));
