import { Command } from 'commander';
import * as control from './commands/control.ts';
import { listDeadLetters, redriveDeadLetters } from './commands/dead-letters.ts';
import { cost } from './commands/cost.ts';
import { demo } from './commands/demo.ts';
import { demoDenied, type DemoDeniedFlags } from './commands/demo-denied.ts';
import { importRecording } from './commands/import-wfformat.ts';
import * as look from './commands/look.ts';
import { passes } from './commands/passes.ts';
import { run, validate } from './commands/run.ts';
import { simulate } from './commands/simulate.ts';
import { addHostCommands, collect } from './hosts.ts';
import { addNetworkCommands } from './network.ts';
import type { CliDeps } from './io.ts';

type DemoFlags = DemoDeniedFlags & { denied?: boolean };

/** The command line's grammar; `finish` gets the exit code of the command that ran. */
export function createProgram(deps: CliDeps, finish: (code: number) => void): Command {
  const program = new Command('holdfast')
    .description("Workflows that finish when the network doesn't cooperate.")
    .version(deps.version, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
      getOutHelpWidth: () => deps.stdout.columns ?? 100,
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', '\nExit codes: 0 succeeded, 1 failed or cancelled, 2 bad input.\n');

  const command = (name: string, description: string) =>
    program.command(name).description(description).allowExcessArguments(false).exitOverride();
  const onHost = (of: Command) =>
    of
      .option('--api <url>', 'host to talk to; HOLDFAST_API, else one on this machine, else one of its own')
      .option('--token <token>', 'its token; HOLDFAST_TOKEN')
      .option('--data-dir <dir>', 'data directory of a host of its own; HOLDFAST_DATA_DIR, else .holdfast')
      .option(
        '--tasks <dir>',
        'folder of task files beside ./tasks, for a host of its own (repeatable)',
        collect,
      )
      .option('--allow-exec', 'let a host of its own run processes; HOLDFAST_ALLOW_EXEC=1')
      .option('--json', 'one JSON object on standard output, nothing else');
  const action =
    <Args extends unknown[]>(of: (deps: CliDeps, ...args: Args) => Promise<number>) =>
    async (...args: unknown[]) =>
      // commander hands the command itself on last.
      finish(await of(deps, ...(args.slice(0, -1) as Args)));

  onHost(
    command('run', 'run a workflow file and wait for its end').argument(
      '<file>',
      'JSON or YAML; - is standard input',
    ),
  )
    .option('--var <name=value>', 'a variable (repeatable); JSON, or text', collect)
    .option('--vars-file <file>', 'variables, as a JSON object')
    .option('--priority <priority>', 'low, normal, high, critical or a number')
    .option('--correlation-id <id>', 'kept with the execution')
    .option('--detach', "print the execution's id and don't wait; not for a host of its own")
    .action(action(run));
  command('validate', 'check a workflow file, run nothing')
    .argument('<file>', 'JSON or YAML; - is standard input')
    .option('--json', 'print its canonical form')
    .action(action(validate));
  onHost(command('ls', 'list executions, newest first'))
    .option('--status <status>', 'only these, separated by commas')
    .option('--workflow <name>', 'only of this workflow')
    .option('--all', 'the children of workflow, parallel and map tasks, too')
    .option('--limit <n>', 'so many at most', '20')
    .action(action(look.list));
  onHost(command('show', 'show an execution and its tasks').argument('<id>'))
    .option('--task <task>', 'one task, with its output')
    .action(action(look.show));
  onHost(command('watch', 'follow an execution to its end').argument('<id>')).action(action(look.watch));
  onHost(
    command('cost', 'show what an execution costs on AWS, wherever it ran').argument(
      '<id>',
      "the execution's id",
    ),
  ).action(action(cost));
  addControl();
  addDeadLetters();
  command('import', 'turn a recorded workflow into one that runs, on standard output')
    .addArgument(program.createArgument('<form>', 'form of the recording').choices(['wfformat']))
    .argument('<file>', 'WfFormat 1.4 or 1.5; - is standard input')
    .option('--time-scale <x>', 'each task waits its recorded runtime times this', '1')
    .action(
      action((cli: CliDeps, _form: string, file: string, flags: object) => importRecording(cli, file, flags)),
    );
  command('passes', 'list the passes of satellites over ground stations, from a file of TLEs; needs no host')
    .requiredOption('--tle <file>', 'element sets of two or three lines; - is standard input')
    .requiredOption(
      '--station <name,lat,lon,alt>',
      'degrees, north and east positive, and metres (repeatable)',
      collect,
    )
    .option('--from <iso>', 'when the window begins; now unless given')
    .option('--hours <h>', 'how long it is', '24')
    .option('--min-elevation <deg>', 'how high a satellite must stand', '10')
    .option(
      '--json',
      'one array of passes: epoch milliseconds, null where it is up at the edge of the window',
    )
    .action(action(passes));
  command('simulate', 'run bundles over simulated links in virtual time, from a file; needs no host')
    .argument('<scenario>', 'YAML or JSON; - is standard input')
    .option('--seed <n>', 'the same seed gives the same result; 1 unless given')
    .option('--json', 'one JSON object on standard output, nothing else')
    .action(action(simulate));
  addNetworkCommands({ command, onHost, action });
  addHostCommands({ command, action });
  command('demo', 'run a bundled workflow and show how it goes')
    .option('--json', 'one JSON object on standard output, nothing else')
    .option('--denied', 'a network instead whose links are jammed, and a satellite that passes')
    .option('--speed <n>', 'simulated seconds a second, with --denied; 30 unless given')
    .option('--plain', 'lines instead of a screen, with --denied')
    .action(
      action((cli: CliDeps, flags: DemoFlags) => (flags.denied ? demoDenied(cli, flags) : demo(cli, flags))),
    );
  return program;

  function addDeadLetters(): void {
    const dlq = command('dlq', 'messages that failed as often as they may');
    const on = (name: string, description: string) =>
      onHost(dlq.command(name).description(description).allowExcessArguments(false));
    on('ls', 'list the dead-letter queues, or some messages of one')
      .argument('[queue]', 'name of a queue')
      .action(action(listDeadLetters));
    on('redrive', 'send messages back to the queues that they come from')
      .argument('<queue>', 'name of the dead-letter queue')
      .option('--limit <n>', 'only the oldest so many')
      .action(action(redriveDeadLetters));
  }

  function addControl(): void {
    const on = (name: string, description: string) =>
      onHost(command(name, description).argument('<id>', "the execution's id")).option(
        '--follow',
        'wait for the end',
      );
    on('cancel', 'stop an execution; what runs is aborted')
      .option('--reason <text>', 'kept with it')
      .action(action(control.cancel));
    on('pause', 'start nothing new of an execution').action(action(control.pause));
    on('resume', 'go on after a pause').action(action(control.resume));
    on('redrive', 'run an execution again from where it failed')
      .option('--definition <file>', 'an edited definition; tasks that succeeded stand')
      .option('--skip <task>', 'pass over a task (repeatable)', collect)
      .option('--output <task=json>', 'count a task as succeeded with this output (repeatable)', collect)
      .action(action(control.redrive));
    on('restart', 'run the same again from the beginning, as a new execution').action(
      action(control.restart),
    );
    onHost(command('signal', 'send a signal or an approval').argument('<id>').argument('<name>'))
      .option('--payload <json>', 'what the waiting task gets as its output')
      .option('--id <id>', 'the same id is taken once')
      .option('--follow', 'wait for the end')
      .action(action(control.signal));
  }
}
