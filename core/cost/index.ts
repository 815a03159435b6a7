/** The cost model, for those who load it when it is asked for. */
export { costOf } from './cost.ts';
export { readHistory } from './history.ts';
