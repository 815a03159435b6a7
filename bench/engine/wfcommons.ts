/** Makespan ÷ critical path of recorded workflows whose tasks wait, scaled so that the critical path takes 10 s. */
import { median, round } from '../statistics.ts';
import { runToEnd, withOrchestrator } from './temporary.ts';
import { readRecorded, recordedNames, workflowOf } from './workflows.ts';

export interface Makespans {
  files: number;
  median: number;
  worst: number;
  byFile: Record<string, number>;
}

export async function benchMakespans(options: {
  criticalPathMs: number;
  filesMax: number;
  say: (line: string) => void;
}): Promise<Makespans | { skipped: string }> {
  const names = recordedNames().slice(0, options.filesMax);
  if (names.length === 0) return { skipped: 'the reference data (../shared/data/wfcommons) is not there' };
  const byFile: Record<string, number> = {};
  await withOrchestrator({}, async (orchestrator) => {
    for (const name of names) {
      const recorded = readRecorded(name);
      const criticalPathMs = options.criticalPathMs;
      const scale = criticalPathMs / (recorded.criticalPathSeconds * 1000);
      const workflow = name.replace('.json', '');
      await orchestrator.submit({ document: workflowOf(recorded, workflow, scale) });
      // From the client's request to the client's knowledge of the end.
      const startMs = performance.now();
      await runToEnd(orchestrator, workflow);
      byFile[workflow] = round((performance.now() - startMs) / criticalPathMs, 4);
      options.say(`${workflow}: ${byFile[workflow]} × its critical path (${recorded.tasks.length} tasks)`);
    }
  });
  const ratios = Object.values(byFile);
  return { files: ratios.length, median: round(median(ratios), 4), worst: Math.max(...ratios), byFile };
}
