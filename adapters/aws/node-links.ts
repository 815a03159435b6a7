import { nodeLink } from './clients/node-link.ts';
import { lazily } from './lazily.ts';
import { clock, random } from './machine.ts';

/** Leads to nodes, made when first asked for and once a process. */
export const nodeLinks = lazily(() => nodeLink({ clock, random }));
