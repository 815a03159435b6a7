import { importWfFormat } from '../../core/wfformat/import.ts';
import { EXIT } from '../errors.ts';
import { parseJson, readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';

/** Prints a workflow whose tasks wait as long as those of the recording took, times the scale. */
export async function importRecording(
  deps: CliDeps,
  file: string,
  flags: { timeScale?: string },
): Promise<number> {
  const timeScale = Number(flags.timeScale ?? 1);
  if (!Number.isFinite(timeScale) || timeScale < 0)
    throw new UsageError(`--time-scale is "${flags.timeScale}".`, 'Give a number from 0, such as 0.01.');
  const { text, source } = await readDocument(deps, file);
  const workflow = importWfFormat(parseJson(text, source, 'Give a WfFormat 1.4 or 1.5 instance.'), {
    timeScale,
    source,
  });
  deps.stdout.write(`${JSON.stringify(workflow, null, 2)}\n`);
  return EXIT.ok;
}
