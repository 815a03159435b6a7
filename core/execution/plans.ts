import { NotFound } from '../errors.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { WorkflowStore } from '../ports/workflow-store.ts';
import { Recent } from '../recent.ts';
import type { Execution } from './execution.ts';
import { compileProgram, type Program } from './program.ts';

const PLANS_MAX = 10_000;
const PROGRAMS_MAX = 200;

/** The parts of an execution that one run never changes. */
export type RunFacts = Pick<
  Execution,
  | 'id'
  | 'kind'
  | 'workflow'
  | 'version'
  | 'variables'
  | 'run'
  | 'priority'
  | 'parent'
  | 'origin'
  | 'startedMs'
>;

export interface Plan {
  execution: RunFacts;
  program: Program;
}

/** Executions with their compiled definitions, kept while they are in use. */
export interface Plans {
  /** Undefined when the execution isn't there or is at another run. */
  of(executionId: string, run: number): Promise<Plan | undefined>;
  program(definitionHash: string): Promise<Program>;
}

export function createPlans(
  store: Pick<ExecutionStore, 'get'>,
  workflows: Pick<WorkflowStore, 'getDefinition'>,
): Plans {
  const plans = new Recent<string, Plan>(PLANS_MAX);
  const programs = new Recent<string, Program>(PROGRAMS_MAX);

  async function program(hash: string): Promise<Program> {
    const known = programs.get(hash);
    if (known) return known;
    const definition = await workflows.getDefinition(hash);
    if (!definition)
      throw new NotFound(`definition ${hash} is not stored`, 'Submit the workflow again, then redrive.');
    return programs.set(hash, compileProgram(definition));
  }

  return {
    program,
    async of(executionId, run) {
      const known = plans.get(executionId);
      if (known?.execution.run === run) return known;
      const execution = await store.get(executionId);
      if (execution?.run !== run) return undefined;
      const plan = { execution, program: await program(execution.definitionHash) };
      return plans.set(executionId, plan);
    },
  };
}
