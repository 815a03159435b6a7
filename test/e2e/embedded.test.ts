import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import type { OpenHost } from './host.ts';
import { passing } from './parts/passing.ts';
import { endToEndSuite } from './suite.ts';

const HANDLERS = fileURLToPath(new URL('tasks', import.meta.url));

const open: OpenHost = async (limits) => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-e2e-'));
  const own = join(dir, 'tasks');
  await mkdir(own);
  const host = await openHost({
    ...limits,
    port: 0,
    dataDir: join(dir, 'data'),
    taskDirs: [HANDLERS, own],
    logger: createLogger('error'),
  });
  return {
    url: host.url,
    offer: (type, source) => writeFile(join(own, `${type}.ts`), source),
    async close() {
      await host.close();
      await rm(dir, { recursive: true });
    },
  };
};

endToEndSuite('the embedded host', open);
// Of seconds: it needs no longer for a step.
passing(open, { there: [4, 10], back: [14, 30] });
