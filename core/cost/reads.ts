/** What expressions read, found out by the very functions that read for them. */
import type { Task } from '../execution/execution.ts';
import { outputTemplate, type TaskProgram } from '../execution/expressions.ts';
import type { Program } from '../execution/program.ts';
import { scopeOf, taskScope } from '../execution/scope.ts';
import type { History } from './history.ts';
import type { TaskContent } from './sizes.ts';

export interface Reads {
  tasks: TaskContent[];
  payloads: number;
  /** Queries of all tasks. */
  everyTask: number;
}

const NOTHING = new TextEncoder().encode('null');

export class ReadsOf {
  readonly #history: History;
  readonly #program: Program;
  readonly #byId: ReadonlyMap<string, Task>;

  constructor(history: History, program: Program, byId: ReadonlyMap<string, Task>) {
    this.#history = history;
    this.#program = program;
    this.#byId = byId;
  }

  /** By a task's input and condition. */
  async ofTask(own: TaskProgram): Promise<Reads> {
    const { reads, sources } = this.#sources();
    await taskScope(sources, this.#program, own, this.#history.execution);
    return reads;
  }

  /** For the child of a task: what it was given of its parent's. */
  async ofChild(own: TaskProgram): Promise<Reads> {
    const child = this.#history.children.find(({ execution }) => execution.parent?.taskId === own.task.id);
    return this.ofTask({ ...own, names: child ? Object.keys(child.execution.variables) : own.names });
  }

  /** By the execution's output. */
  async ofOutput(): Promise<Reads> {
    const { reads, sources } = this.#sources();
    const { graph } = this.#program;
    const template = outputTemplate(this.#program);
    if (!template) {
      const sinks = graph.tasks.filter((_, index) => graph.isSink(index));
      for (const { id } of sinks) {
        reads.tasks.push(this.#byId.get(id) ?? { taskId: id });
        if (this.#byId.get(id)?.outputRef !== undefined) reads.payloads++;
      }
      return reads;
    }
    const readable = () => graph.tasks.map((_, index) => index);
    const scope = await scopeOf(sources, this.#program, this.#history.execution, template.names, readable);
    if (template.names.includes('outputs') && !('outputs' in scope)) {
      reads.everyTask++;
      reads.payloads += this.#history.tasks.filter(({ outputRef }) => outputRef !== undefined).length;
    }
    return reads;
  }

  #sources() {
    const reads: Reads = { tasks: [], payloads: 0, everyTask: 0 };
    const sources = {
      store: {
        task: async ({ taskId }: { taskId: string }) => {
          const task = this.#byId.get(taskId);
          reads.tasks.push(task ?? { taskId });
          return task;
        },
      },
      payloads: {
        get: async () => {
          reads.payloads++;
          return NOTHING;
        },
        put: () => Promise.reject(new Error('nothing is written here')),
      },
    };
    return { reads, sources };
  }
}
