import { dirname, join } from 'node:path';
import type { Client, StartOptions } from '../../client/index.ts';
import type { SubmitRequest } from '../../core/api/operations.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import { resolveVariables } from '../../core/workflow/variables.ts';
import { EXIT } from '../errors.ts';
import { follow } from '../follow.ts';
import { readDocument, readVariables } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { type HostFlags, openSession } from '../session.ts';
import { count } from '../text.ts';

export interface RunFlags extends HostFlags {
  var?: string[];
  varsFile?: string;
  json?: boolean;
  detach?: boolean;
  priority?: string;
  correlationId?: string;
}

export async function run(deps: CliDeps, file: string, flags: RunFlags): Promise<number> {
  const { total, variables, ...document } = await prepare(deps, file, flags);
  const session = await openSession(deps, flags, file === '-' ? [] : [join(dirname(file), 'tasks')]);
  try {
    if (flags.detach && session.isOwn)
      throw new UsageError(
        '--detach needs a host that stays when this command ends, and there is none.',
        'Start one with "npx holdfast start", or name one with --api.',
      );
    const execution = await begin(session.client, document, {
      variables,
      priority: priorityOf(flags.priority),
      correlationId: flags.correlationId,
    });
    if (!flags.detach) return await follow(deps, session, execution, { json: flags.json, total });
    const { executionId } = execution;
    deps.stdout.write(flags.json ? `${JSON.stringify({ executionId })}\n` : `${executionId}\n`);
    return EXIT.ok;
  } finally {
    await session.close();
  }
}

/** Checked here first: a mistake is told with its line, and before any host is opened. */
async function prepare(deps: CliDeps, file: string, flags: RunFlags) {
  const { text, format, source } = await readDocument(deps, file);
  const definition = parseWorkflow(text, { format, source });
  const variables = await readVariables(deps, { varsFile: flags.varsFile, vars: flags.var }, definition);
  resolveVariables(definition, variables);
  return { document: text, format, variables, total: definition.tasks.length };
}

async function begin(
  client: Client,
  document: Pick<SubmitRequest, 'document' | 'format'>,
  options: StartOptions,
) {
  const { workflow } = await client.submit(document);
  const { name, version } = workflow;
  return (await client.start(name, { ...options, version })).execution;
}

/** A number, or a name that the host knows or refuses. */
function priorityOf(text: string | undefined): number | string | undefined {
  return text === undefined || text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

export async function validate(deps: CliDeps, file: string, flags: { json?: boolean }): Promise<number> {
  const { text, format, source } = await readDocument(deps, file);
  const definition = parseWorkflow(text, { format, source });
  if (flags.json) deps.stdout.write(`${JSON.stringify(definition)}\n`);
  else
    deps.stdout.write(`${source} is valid: ${definition.name}, ${count(definition.tasks.length, 'task')}\n`);
  return EXIT.ok;
}
