/** What every host of Holdfast does, seen from outside: over HTTP and WebSocket alone. */
import { describe } from 'vitest';
import type { OpenHost } from './host.ts';
import { controlling } from './parts/controlling.ts';
import { defining } from './parts/defining.ts';
import { engineTypes } from './parts/engine-types.ts';
import { failing } from './parts/failing.ts';
import { following } from './parts/following.ts';
import { limiting } from './parts/limiting.ts';
import { network } from './parts/network.ts';
import { ordering } from './parts/ordering.ts';
import { placement } from './parts/placement.ts';
import { redriving } from './parts/redriving.ts';
import { refusing } from './parts/refusing.ts';
import { standalone } from './parts/standalone.ts';

export function endToEndSuite(name: string, open: OpenHost): void {
  describe(name, () => {
    for (const part of [
      defining,
      ordering,
      engineTypes,
      failing,
      controlling,
      redriving,
      standalone,
      limiting,
      network,
      placement,
      following,
      refusing,
    ])
      part(open);
  });
}
