import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  openOrchestrator,
  type Orchestrator,
  type OrchestratorOptions,
} from '../../embedded/orchestrator.ts';

/** An orchestrator on a disk of this machine, gone afterwards. The folder lies here: a temporary one may be in memory. */
export async function withOrchestrator<T>(
  options: Omit<OrchestratorOptions, 'dataDir'>,
  use: (orchestrator: Orchestrator, dataDir: string) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(import.meta.dirname, '.data-'));
  const orchestrator = await openOrchestrator({ ...options, dataDir });
  try {
    return await use(orchestrator, dataDir);
  } finally {
    await orchestrator.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Submits nothing new, starts and awaits. Rejects unless it succeeds. */
export async function runToEnd(orchestrator: Orchestrator, workflow: string) {
  const { execution } = await orchestrator.start({ workflow });
  const result = await orchestrator.result(execution.id);
  if (result.status !== 'SUCCEEDED')
    throw new Error(`${workflow} ended ${result.status}: ${JSON.stringify(result.errors)}`);
  return result;
}
