import { readEnv } from './env.ts';

/** Id of this host among the nodes. */
export const here = (): string => readEnv(['HOLDFAST_NODE']).HOLDFAST_NODE;
