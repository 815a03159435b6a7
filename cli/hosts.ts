/** The grammar of the commands that run until they are stopped. */
import { Option } from 'commander';
import { edge } from './commands/edge.ts';
import { start } from './commands/start.ts';
import type { Grammar } from './network.ts';

/** Of an option that is given more than once. */
export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const logLevel = (): Option =>
  new Option('--log-level <level>', 'HOLDFAST_LOG_LEVEL').choices(['debug', 'info', 'warn', 'error']);

export function addHostCommands({ command, action }: Pick<Grammar, 'command' | 'action'>): void {
  command('start', 'run the host until it is stopped')
    .option('--port <port>', 'where to listen; HOLDFAST_PORT, else 3000; 0 takes any free one')
    .option(
      '--host <address>',
      'address to listen on; HOLDFAST_HOST, else 127.0.0.1; beyond loopback needs a token',
    )
    .option('--token <token>', 'what clients must send; HOLDFAST_TOKEN')
    .option('--data-dir <dir>', 'HOLDFAST_DATA_DIR, else .holdfast')
    .option('--tasks <dir>', 'folder of task files beside ./tasks (repeatable)', collect)
    .option('--allow-exec', 'offer the exec type, which runs processes here; HOLDFAST_ALLOW_EXEC=1')
    .option('--allow-origin <origin>', 'origin whose pages may call (repeatable)', collect)
    .option('--allow-host <name>', 'name that clients may call this host by (repeatable)', collect)
    .option(
      '--mqtt-port [port]',
      'let nodes connect by plain MQTT too, on 1883 unless given; HOLDFAST_MQTT_PORT, else only at /mqtt',
    )
    .option('--capability <name>', 'what placed tasks may ask for (repeatable)', collect)
    .option('--max-workflows <n>', 'workflows running at once; MAX_WORKFLOWS, else 100')
    .option('--max-tasks <n>', 'tasks running at once; MAX_TASKS, else 1000')
    .addOption(logLevel())
    .option('--json', 'print {url, dataDir, mqttPort} when it listens')
    .action(action(start));
  command('edge', 'run a node that takes work from a host, connected or not, until it is stopped')
    .option('--join <url>', 'address of the host; needed once')
    .option('--token <token>', 'lets it join: npx holdfast join-token; HOLDFAST_JOIN_TOKEN')
    .option('--id <id>', "its id among the nodes; the machine's name unless given")
    .option('--capability <name>', 'what tasks may ask for (repeatable)', collect)
    .option(
      '--channel <channel=url>',
      'primary, secondary, satellite or mesh, and where the broker is over it (repeatable); primary unless given',
      collect,
    )
    .option(
      '--position <lat,lon,alt>',
      'degrees, north and east positive, and metres: satellites pass over it',
    )
    .option('--data-dir <dir>', 'HOLDFAST_DATA_DIR, else .holdfast/edge')
    .option('--tasks <dir>', 'folder of task files beside ./tasks (repeatable)', collect)
    .option('--allow-exec', 'offer the exec type, which runs processes here; HOLDFAST_ALLOW_EXEC=1')
    .option('--max-tasks <n>', 'tasks running at once; the host is told')
    .addOption(logLevel())
    .option('--json', 'print what it is, when it runs')
    .action(action(edge));
}
