/** State machine files, as they are deployed: every placeholder has its function, which the machine may call. */
import { describe, expect, test } from 'vitest';
import type { MachineName } from '../../core/ports/dispatcher.ts';
import { definitionOf, MACHINES } from '../../lib/machines.ts';
import { MACHINE_NAMES } from '../../lib/names.ts';
import { idIn, listOf, ofType, type Properties, type Statement, synthesise } from './app.ts';

const { service } = synthesise();
const functions = new Set(ofType(service, 'AWS::Lambda::Function').map(([id]) => id));

function machine(name: MachineName): Properties {
  const found = ofType(service, 'AWS::StepFunctions::StateMachine').filter(
    ([, { StateMachineName }]) => StateMachineName === `holdfast-${name}`,
  );
  expect(found).toHaveLength(1);
  return found[0]![1];
}

/** The functions that a machine's role may call. */
function callable(name: MachineName): string[] {
  const role = idIn(machine(name).RoleArn);
  const policies = ofType(service, 'AWS::IAM::ManagedPolicy').filter(([, { Roles }]) =>
    (Roles as Properties[]).some((each) => idIn(each) === role),
  );
  return policies
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[])
    .filter(({ Action }) => listOf(Action).includes('lambda:InvokeFunction'))
    .flatMap(({ Resource }) => listOf(Resource as Properties | Properties[]))
    .map((resource) => idIn(resource)!)
    .sort();
}

const taskFunction = (type: string): string => [...functions].find((id) => id.includes(`TaskTypes${type}`))!;

describe.each(MACHINE_NAMES)('%s', (name) => {
  const placeholders = [...definitionOf(name).matchAll(/\$\{(\w+)\}/g)].map(([, found]) => found!);

  test('is its file, word for word', () => {
    expect(machine(name).DefinitionString).toBe(definitionOf(name));
  });

  test('runs on its lane', () => {
    expect(machine(name).StateMachineType).toBe(MACHINES[name].type);
  });

  test('has a function for each placeholder, and for nothing else', () => {
    const substitutions = machine(name).DefinitionSubstitutions as Record<string, Properties>;
    expect(Object.keys(substitutions).sort()).toEqual([...new Set(placeholders)].sort());
    for (const [placeholder, value] of Object.entries(substitutions)) {
      expect(functions).toContain(idIn(value));
      expect(idIn(value)).toContain(`Functions${placeholder.slice(0, -'FunctionArn'.length)}`);
    }
  });

  test('may call these functions, those of task types where it runs attempts, and no others', () => {
    const substitutions = machine(name).DefinitionSubstitutions as Record<string, Properties>;
    const named = Object.values(substitutions).map((value) => idIn(value)!);
    const types = name === 'task' ? ['echo'] : name === 'long' ? ['resize'] : [];
    expect(callable(name)).toEqual([...named, ...types.map(taskFunction)].sort());
  });

  test('logs its errors, and nothing of what it works on', () => {
    expect(machine(name).LoggingConfiguration).toMatchObject({ Level: 'ERROR', IncludeExecutionData: false });
  });
});
