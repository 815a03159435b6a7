import { dirname, join } from 'node:path';
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
  const { text, format, source } = await readDocument(deps, file);
  // Checked here first: a mistake is told with its line, and before any host is opened.
  const definition = parseWorkflow(text, { format, source });
  const variables = await readVariables(deps, { varsFile: flags.varsFile, vars: flags.var }, definition);
  resolveVariables(definition, variables);
  const priority = flags.priority === undefined ? undefined : Number(flags.priority);
  const session = await openSession(deps, flags, file === '-' ? [] : [join(dirname(file), 'tasks')]);
  try {
    const { client } = session;
    if (flags.detach && session.isOwn)
      throw new UsageError(
        '--detach needs a host that stays when this command ends, and there is none.',
        'Start one with "npx holdfast start", or name one with --api.',
      );
    const { workflow } = await client.submit({ document: text, format });
    const { execution } = await client.start(workflow.name, {
      version: workflow.version,
      variables,
      ...(priority === undefined ? {} : { priority: Number.isNaN(priority) ? flags.priority! : priority }),
      ...(flags.correlationId === undefined ? {} : { correlationId: flags.correlationId }),
    });
    if (flags.detach) {
      if (flags.json) deps.stdout.write(`${JSON.stringify({ executionId: execution.executionId })}\n`);
      else deps.stdout.write(`${execution.executionId}\n`);
      return EXIT.ok;
    }
    return await follow(deps, session, execution, { json: flags.json });
  } finally {
    await session.close();
  }
}

export async function validate(deps: CliDeps, file: string, flags: { json?: boolean }): Promise<number> {
  const { text, format, source } = await readDocument(deps, file);
  const definition = parseWorkflow(text, { format, source });
  if (flags.json) deps.stdout.write(`${JSON.stringify(definition)}\n`);
  else
    deps.stdout.write(`${source} is valid: ${definition.name}, ${count(definition.tasks.length, 'task')}\n`);
  return EXIT.ok;
}
