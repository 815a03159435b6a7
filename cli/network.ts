/** The grammar of the commands about the network. */
import type { Command } from 'commander';
import * as coming from './commands/contacts.ts';
import * as network from './commands/network.ts';
import { queues } from './commands/queues.ts';
import { routes } from './commands/routes.ts';
import type { CliDeps } from './io.ts';

/** What `createProgram` makes commands with. */
export interface Grammar {
  command: (name: string, description: string) => Command;
  onHost: (command: Command) => Command;
  action: <Args extends unknown[]>(
    run: (deps: CliDeps, ...args: Args) => Promise<number>,
  ) => (...args: unknown[]) => Promise<void>;
}

export function addNetworkCommands({ command, onHost, action }: Grammar): void {
  /** A command that lists, and has commands of its own that change the list. */
  const list = (name: string, description: string) => {
    const parent = onHost(command(name, description)).enablePositionalOptions();
    const on = (verb: string, what: string, argument: string, said: string) =>
      onHost(parent.command(verb).description(what).allowExcessArguments(false).exitOverride()).argument(
        argument,
        said,
      );
    return { parent, on };
  };
  const FILE = 'YAML or JSON: {nodes: […], links: […]}; - is standard input';

  const nodes = list('nodes', 'list the nodes of the network');
  nodes.parent.action(action(network.listNodes));
  nodes
    .on('add', 'register the nodes and links of a file', '<file>', FILE)
    .action(action(network.addNetwork));
  nodes
    .on('rm', 'remove a node that no link leads to', '<id>', 'of the node')
    .action(action(network.removeNode));
  nodes
    .on('credentials', 'give a node what it connects with, this once', '<id>', 'of the node')
    .action(action(network.issueCredentials));
  nodes
    .on('revoke', 'take the credentials of a node back, and cut it off', '<id>', 'of the node')
    .action(action(network.revokeCredentials));
  onHost(command('join-token', 'ask for a token that lets one node join within 15 minutes')).action(
    action(network.createJoinToken),
  );

  const links = list('links', 'list the links of the network, each as it was last measured');
  links.parent.action(action(network.listLinks));
  links
    .on('add', 'register the nodes and links of a file', '<file>', FILE)
    .action(action(network.addNetwork));
  links.on('rm', 'remove a link', '<id>', 'of the link').action(action(network.removeLink));

  const satellites = list('satellites', 'list the constellations of satellites');
  satellites.parent.action(action(coming.listSatellites));
  satellites
    .on(
      'add',
      'register the satellites of a file of TLEs as one constellation',
      '<file>',
      'element sets; - is standard input',
    )
    .option('--name <name>', "of the constellation; the file's unless given")
    .requiredOption('--rate <bits/s>', 'of each contact with the ground, up and down')
    .option('--min-elevation <deg>', 'how high a satellite must stand', '10')
    .option('--inter-satellite-rate <bits/s>', 'satellites pass on to each other, at this rate')
    .option('--inter-satellite-range <m>', 'as far as this; 5,000 km unless given')
    .action(action(coming.addSatellites));
  satellites.on('rm', 'remove a constellation', '<name>', 'of it').action(action(coming.removeSatellites));

  const contacts = list('contacts', 'list when links that come and go can carry data');
  contacts.parent
    .argument('[from]', 'only from this node')
    .argument('[to]', 'only to this node')
    .option('--at <instant>', 'from when on; now unless given')
    .option('--hours <h>', 'so far ahead', '24')
    .action(action(coming.contacts));
  contacts
    .on(
      'add',
      'register a contact plan',
      '<file>',
      "HDTN's JSON, ION's or A-SABR's text, dtn-tvg-util's or pydtnsim's JSON; - is standard input",
    )
    .option('--name <name>', "of the plan; the file's unless given")
    .option('--starts <instant>', "the plan's time 0; not needed where its times count from 1970")
    .option('--rate <bits/s>', 'of every contact of a plan that states no rates')
    .action(action(coming.addPlan));
  contacts.on('rm', 'remove a contact plan', '<name>', 'of the plan').action(action(coming.removePlan));
  onHost(contacts.parent.command('plans').description('list the contact plans')).action(
    action(coming.listPlans),
  );

  onHost(command('queues', 'list what waits in custody, by neighbour, link and precedence'))
    .option('--watch', 'look again every second, until it is stopped')
    .action(action(queues));

  onHost(
    command(
      'routes',
      'find the route that arrives first: over the network, or over a contact plan from files',
    ),
  )
    .argument('[from]', 'a node')
    .argument('[to]', 'another')
    .option('--at <instant>', 'when it is ready to go; now unless given')
    .option('--size <bytes>', 'what goes, as one')
    .option('--precedence <precedence>', 'flash-override, flash, immediate, priority, routine or deferred')
    .option('--alternatives <n>', 'so many routes more, the best first')
    .option('--disjoint', 'also two routes that share no node, link or risk group')
    .option('--hours <h>', 'how far ahead to look; 24 unless given')
    .option(
      '--plan <file>',
      "from files, without a host: HDTN's JSON, ION's or A-SABR's text, dtn-tvg-util's or pydtnsim's JSON; - is standard input",
    )
    .option('--queries <file>', '[{"src", "dst", "t", "size"}], in the plan\'s units; - is standard input')
    .option(
      '--rate <bits/s>',
      'of every contact of a plan that states no rates; without, they carry anything',
    )
    .option('--strict', 'refuse a plan of which anything would be left out or joined')
    .action(action(routes));
}
