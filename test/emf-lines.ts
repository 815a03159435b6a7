/** What is logged in the embedded metric format while tests run. */
import { afterEach, beforeEach, vi } from 'vitest';

/** The lines of the test that runs. */
export function captureEmf(): string[] {
  const lines: string[] = [];
  beforeEach(() => {
    // Else it has a console of its own.
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    lines.length = 0;
  });
  return lines;
}
