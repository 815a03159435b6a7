import type { JsonObject } from '../../json.ts';
import type { Edge } from '../edges.ts';
import { isJsonObject } from '../fields.ts';
import type { Path } from '../issues.ts';
import type { TaskDraft } from '../task.ts';
import type { Form } from './form.ts';

/** Settings of the step itself that this form writes into `config` beside the action's own. */
const liftedKeys = ['timeout', 'timeoutMs', 'heartbeat', 'heartbeatMs', 'retry', 'retryPolicy', 'priority'];

/** `steps:` that run in the order written, except where a step says what it depends on. */
export const stepsForm: Form = { list: 'steps', rules: { prepare, arrange } };

function prepare(source: JsonObject, path: Path): { source: JsonObject; placed: ReadonlyMap<string, Path> } {
  const placed = new Map<string, Path>();
  const { config } = source;
  const isOwnStep = source.type === undefined || source.type === 'task';
  if (!isOwnStep || !isJsonObject(config)) return { source, placed };
  const lifted: JsonObject = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(config)) {
    if (liftedKeys.includes(key) && !(key in source)) {
      lifted[key] = value;
      placed.set(key, [...path, 'config', key]);
    } else {
      rest[key] = value;
    }
  }
  return { source: { ...source, ...lifted, config: rest }, placed };
}

/**
 * Each step follows the one before it, unless it has edges of its own. After the branches of a condition it follows
 * whichever of them ran.
 */
function arrange(drafts: TaskDraft[]): void {
  const branches = drafts.map((draft) => draft.triggeredBy.length > 0);
  drafts.forEach((draft, index) => {
    if (index === 0 || branches[index] || draft.dependsOn.length > 0) return;
    if (!branches[index - 1]) {
      draft.dependsOn.push(...follow(drafts[index - 1]!, draft));
      return;
    }
    for (let before = index - 1; before >= 0 && branches[before]; before--)
      draft.triggeredBy.unshift(...follow(drafts[before]!, draft));
  });
}

function follow(before: TaskDraft, draft: TaskDraft): Edge[] {
  return before.id === undefined ? [] : [{ task: before.id, on: 'success', path: draft.path }];
}
