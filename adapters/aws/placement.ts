/** Who runs tasks that are placed, made when first asked for and once a process. */
import { createPlacer } from '../../core/placement/placer.ts';
import { here } from './here.ts';
import { lazily } from './lazily.ts';
import { clock, table } from './machine.ts';
import { network, view } from './network.ts';
import { types } from './stores.ts';
import { DynamoTurns } from './turns.ts';

export const placer = lazily(() =>
  createPlacer({
    here: { id: here(), capabilities: [] },
    types: types(),
    clock,
    others: { network: view(), reports: network(), turns: new DynamoTurns(table()) },
  }),
);
