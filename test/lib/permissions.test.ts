/** Roles hold what `lib/permissions.ts` says, statement by statement, and their own log. */
import { describe, expect, test } from 'vitest';
import { CAPABILITIES, type CapabilityName } from '../../lib/capabilities.ts';
import { type Permission, PERMISSIONS } from '../../lib/permissions.ts';
import { ENVIRONMENT } from '../../adapters/aws/env.ts';
import { idIn, listOf, ofType, type Properties, type Statement, synthesise } from './app.ts';

const { service } = synthesise();
const policies = ofType(service, 'AWS::IAM::ManagedPolicy');
const functions = ofType(service, 'AWS::Lambda::Function');

const names = Object.keys(CAPABILITIES) as CapabilityName[];
const idOf = (name: string) => `Functions${name[0]!.toUpperCase()}${name.slice(1)}`;

function statementsOf(idPart: string): Statement[] {
  const found = policies.filter(([id]) => new RegExp(`${idPart}Policy[0-9A-F]{8}$`).test(id));
  expect(found, idPart).toHaveLength(1);
  return found[0]![1].PolicyDocument.Statement as Statement[];
}

const keysOf = ({ Condition }: Statement) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];

describe.each<[string, string, readonly Permission[]]>([
  ...names.map((name): [string, string, readonly Permission[]] => [name, idOf(name), PERMISSIONS[name]]),
  ['run', 'TaskTypesecho', PERMISSIONS.run],
])('%s', (_, id, permissions) => {
  const [log, ...granted] = statementsOf(id);

  test('may write its own log', () => {
    expect(log!.Action).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(idIn(log!.Resource as Properties)).toContain(`${id}Logs`);
  });

  test('may do what is said of it, where it is said, and nothing else', () => {
    expect(granted.map((statement) => [listOf(statement.Action), keysOf(statement)])).toEqual(
      permissions.map(({ actions, keys }) => [actions, keys]),
    );
    for (const [index, { on }] of permissions.entries())
      expect(listOf(granted[index]!.Resource)).toHaveLength(on.length);
  });
});

describe('the environment', () => {
  const variables = functions.map(
    ([id, { Environment }]) => [id, Environment.Variables as Properties] as const,
  );

  test('holds variables that the functions know', () => {
    const known = new Set<string>([
      ...Object.keys(ENVIRONMENT),
      'HOLDFAST_DATA_DIR',
      'HOLDFAST_DATA_LASTS',
      'QUALITY',
    ]);
    for (const [id, given] of variables)
      expect(
        Object.keys(given).filter((name) => !known.has(name)),
        id,
      ).toEqual([]);
  });

  test('names whatever a function may reach', () => {
    for (const [id, given] of variables) {
      const actions = statementsOf(id.replace(/^Orchestrator(.*)Function[0-9A-F]{8}$/, '$1')).flatMap(
        ({ Action }) => listOf(Action),
      );
      const needs: [RegExp, string][] = [
        [/^dynamodb:GetItem$/, 'HOLDFAST_TABLE'],
        [/^s3:/, 'HOLDFAST_PAYLOAD_BUCKET'],
        [/^execute-api:/, 'HOLDFAST_SOCKET_ENDPOINT'],
        [/^events:/, 'HOLDFAST_BUS'],
      ];
      for (const [action, name] of needs)
        if (actions.some((each) => action.test(each))) expect(Object.keys(given), id).toContain(name);
    }
  });
});

describe('the functions that hold least', () => {
  test('are the ticket check, which sees tickets, and attempts, which see executions', () => {
    const keys = (id: string) => [
      ...new Set(
        statementsOf(id)
          .filter(({ Action }) => listOf(Action).some((action) => action.startsWith('dynamodb:')))
          .flatMap((statement) => (keysOf(statement) as string[] | undefined) ?? ['*']),
      ),
    ];
    expect(keys('FunctionsAuthorize')).toEqual(['TICKET#*']);
    expect(keys('TaskTypesecho')).toEqual(['E#*']);
  });

  test('reach a bucket of the account that their task file names', () => {
    const own = statementsOf('TaskTypesresize').at(-1)!;
    expect(own).toMatchObject({
      Action: 's3:GetObject',
      Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::pictures-${AWS::AccountId}/*' },
    });
  });
});
