/** Names that are fixed, so that others know them before what they name exists. */
import packageJson from '../package.json' with { type: 'json' };
import type { MachineName } from '../core/ports/dispatcher.ts';

export const MACHINE_NAMES = ['workflow', 'task', 'long'] as const satisfies readonly MachineName[];

export const stateMachineName = (prefix: string, machine: MachineName): string => `${prefix}-${machine}`;

export const stackNames = (prefix: string) => ({ state: `${prefix}-state`, service: prefix });

/** What the descriptions of the stacks begin with. */
export const STACK_DESCRIPTION = 'Holdfast:';

/** The output of each stack that says which version of Holdfast it was deployed with. */
export const VERSION_OUTPUT = 'HoldfastVersion';
export const { version: VERSION } = packageJson;

/** 1 to 32 letters, digits and hyphens, a letter first: with it, every name stays within every service's rules. */
export const isPrefix = (prefix: string): boolean => /^[A-Za-z][A-Za-z0-9-]{0,31}$/.test(prefix);
