import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXIT, exitCodeOf } from '../errors.ts';
import type { CliDeps } from '../io.ts';
import { createColors } from '../progress/screen.ts';
import { run } from './run.ts';

/** Runs a bundled workflow on a host of its own and says where to look next. */
export async function demo(deps: CliDeps, flags: { json?: boolean }): Promise<number> {
  const file = join(deps.examplesDir, 'demo.yaml');
  if (!existsSync(file)) throw new Error(`The bundled workflow ${file} is missing; install Holdfast again.`);
  const dataDir = join('.holdfast', 'demo');
  const colors = createColors(deps);
  const say = (text: string) => flags.json || deps.stdout.write(text);
  const shown = relative(deps.cwd, file);
  say(`${colors.dim(`$ npx holdfast run ${shown} --data-dir ${dataDir}`)}\n`);
  let code: number;
  try {
    code = await run(deps, file, { dataDir, json: flags.json });
  } catch (error) {
    if (exitCodeOf(error) === EXIT.badInput)
      throw new Error(`The bundled workflow was refused: ${(error as Error).message}`, { cause: error });
    throw error;
  }
  say(
    [
      '',
      colors.bold('Where to look next'),
      `  the workflow        ${shown}`,
      `  what it did         npx holdfast ls --data-dir ${dataDir}`,
      '  your own            npx holdfast run FILE     (handlers: tasks/NAME.ts)',
      '  a host that stays   npm start',
      '',
    ].join('\n'),
  );
  return code;
}
