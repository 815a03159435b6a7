/** Commands that change an execution: cancel, pause, resume, redrive, restart, signal. */
import type { Client } from '../../client/index.ts';
import type { ExecutionView } from '../../core/api/schemas.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import { EXIT } from '../errors.ts';
import { follow } from '../follow.ts';
import { parseJson, readDocument, readOutputs } from '../inputs.ts';
import type { CliDeps } from '../io.ts';
import type { HostFlags } from '../session.ts';
import { hasEnded, withSession } from './look.ts';

export interface ControlFlags extends HostFlags {
  json?: boolean;
  /** Waits for the end on another host, too. */
  follow?: boolean;
}

export const cancel = (deps: CliDeps, id: string, flags: ControlFlags & { reason?: string }) =>
  control(deps, flags, (client) => client.cancel(id, flags.reason));

export const pause = (deps: CliDeps, id: string, flags: ControlFlags) =>
  control(deps, flags, (client) => client.pause(id));

export const resume = (deps: CliDeps, id: string, flags: ControlFlags) =>
  control(deps, flags, (client) => client.resume(id));

export const restart = (deps: CliDeps, id: string, flags: ControlFlags) =>
  control(deps, flags, (client) => client.restart(id));

export async function redrive(
  deps: CliDeps,
  id: string,
  flags: ControlFlags & { definition?: string; skip?: string[]; output?: string[] },
): Promise<number> {
  const document = flags.definition === undefined ? undefined : await readDocument(deps, flags.definition);
  if (document) parseWorkflow(document.text, document);
  const outputs = readOutputs(flags.output ?? []);
  const fromSeq = { value: 1 };
  return control(
    deps,
    flags,
    async (client) => {
      fromSeq.value = await nextSeq(client, id);
      return client.redrive(id, {
        ...(document ? { document: document.text, format: document.format } : {}),
        ...(flags.skip ? { skip: flags.skip } : {}),
        ...(flags.output ? { outputs } : {}),
      });
    },
    () => fromSeq.value,
  );
}

export async function signal(
  deps: CliDeps,
  id: string,
  name: string,
  flags: ControlFlags & { payload?: string; id?: string },
): Promise<number> {
  const payload = flags.payload === undefined ? undefined : parseJson(flags.payload, '--payload');
  return control(deps, flags, async (client) => {
    const { accepted } = await client.signal(id, name, {
      payload,
      ...(flags.id === undefined ? {} : { id: flags.id }),
    });
    if (!accepted)
      deps.stderr.write(`A signal with the id "${flags.id}" was taken before; nothing changed.\n`);
    return client.execution(id);
  });
}

/** A host of our own ends with this command, so what was set going is seen through. */
function control(
  deps: CliDeps,
  flags: ControlFlags,
  act: (client: Client) => Promise<ExecutionView>,
  fromSeq: () => number = () => 1,
): Promise<number> {
  return withSession(deps, flags, async (session) => {
    const execution = await act(session.client);
    const goesOn = !hasEnded(execution) && execution.status !== 'PAUSED';
    if (goesOn && (session.isOwn || flags.follow))
      return follow(deps, session, execution, { json: flags.json, fromSeq: fromSeq() });
    if (flags.json) deps.stdout.write(`${JSON.stringify(execution)}\n`);
    else deps.stdout.write(`${execution.executionId} ${execution.status}\n`);
    return EXIT.ok;
  });
}

/** After the last event there is, so that following a redrive doesn't show the run before it. */
async function nextSeq(client: Client, id: string): Promise<number> {
  let afterSeq = 0;
  for (;;) {
    const { items, nextAfterSeq } = await client.events(id, { afterSeq, limit: 1000 });
    if (items.length === 0) return afterSeq + 1;
    afterSeq = nextAfterSeq;
  }
}
