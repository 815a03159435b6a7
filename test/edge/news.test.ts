import { expect, test } from 'vitest';
import type { MeasuredLink } from '../../core/ports/network-store.ts';
import { openNetwork, until } from './network.ts';

test('a node sends round a link that another one saw fail, until it is back', {
  timeout: 90_000,
}, async () => {
  const { join } = await openNetwork();
  const { edge: camp } = await join('camp');
  const { networks } = await join('ridge', {}, ['primary', 'secondary']);
  const { network, view } = camp.orchestrator;
  const hops = async () => {
    const { route } = await view.routes({ from: 'camp', to: 'ridge' });
    return route?.hops.map(({ link }) => link);
  };
  const told = async (): Promise<Partial<MeasuredLink>> =>
    (await network.linkStates()).find(({ linkId }) => linkId === 'hub-ridge-primary') ?? {};

  await until(hops).toEqual(['camp-hub-primary', 'hub-ridge-primary']);
  networks.primary.become('cut');
  await until(hops).toEqual(['camp-hub-primary', 'hub-ridge-secondary']);
  expect(await told()).toMatchObject({ status: 'down', isTold: true });
  networks.primary.become('mended');
  await until(hops).toEqual(['camp-hub-primary', 'hub-ridge-primary']);
  expect(await told()).toMatchObject({ status: 'up', isTold: true });
});
