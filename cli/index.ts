/** The command line over the HTTP and WebSocket API; the process around it comes as `CliDeps`. */
import { CommanderError } from 'commander';
import { describeError, EXIT, exitCodeOf } from './errors.ts';
import { type CliDeps, wantsColor } from './io.ts';
import { createProgram } from './program.ts';
import pico from 'picocolors';

export type { CliDeps, OpenedEdge, OpenedHost, OpenEdgeOptions, OpenHostOptions, Output } from './io.ts';

/** Runs one command: `argv` without the program's own name. Returns the exit code: 0 succeeded, 1 failed, 2 bad input. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram(deps, (result) => (code = result));
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT.ok;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // commander has said itself what was wrong; asking for help or the version is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
    deps.stderr.write(`${describeError(error, pico.createColors(wantsColor(deps.stderr, deps.env)))}\n`);
    return exitCodeOf(error);
  }
}
