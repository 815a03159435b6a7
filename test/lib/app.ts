/** The app as it is deployed, synthesised once a file, with a stand-in for the functions' bundles. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { addStacks } from '../../lib/app.ts';
import type { BundledTask, Bundles } from '../../lib/bundle.ts';
import { readSettings, type SettingName } from '../../lib/settings.ts';

// It takes longer than all the rest; one test has it on.
process.env.CDK_VALIDATION ??= 'false';

// oxlint-disable-next-line typescript/no-explicit-any -- templates are what CloudFormation takes
export type Properties = Record<string, any>;

export interface Resource {
  Type: string;
  Properties: Properties;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Template {
  Description: string;
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-lib-'));
const bundled = join(folder, 'bundle');
mkdirSync(bundled);
writeFileSync(join(bundled, 'index.mjs'), 'export const handler = async () => ({});\n');

export const TASKS: readonly Omit<BundledTask, 'archive'>[] = [
  { type: 'echo', file: 'tasks/echo.ts' },
  {
    type: 'resize',
    file: 'mine/resize.ts',
    maxConcurrency: 3,
    aws: {
      memoryMb: 2048,
      timeoutSeconds: 600,
      permissions: [
        { actions: ['s3:GetObject'], resources: ['arn:${AWS::Partition}:s3:::pictures-${AWS::AccountId}/*'] },
      ],
      environment: { QUALITY: '80' },
    },
  },
];

/** The same small bundle for every function. */
export const standIns = (tasks = TASKS): Bundles => ({
  archive: () => bundled,
  tasks: tasks.map((task) => ({ ...task, archive: bundled })),
  functions: [],
});

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8')) as {
  context: Record<string, unknown>;
};

export const newApp = (): App => new App({ outdir: mkdtempSync(join(folder, 'cdk.out-')), context });

/** Both stacks under these settings, not yet synthesised. */
export function stacks(given: Partial<Record<SettingName, string>> = {}, tasks = TASKS) {
  const app = newApp();
  return {
    app,
    ...addStacks(
      app,
      readSettings((name) => given[name], {}),
      standIns(tasks),
    ),
  };
}

export function synthesise(given: Partial<Record<SettingName, string>> = {}, tasks = TASKS) {
  const { app, state, service } = stacks(given, tasks);
  const assembly = app.synth();
  const template = (name: string) => assembly.getStackByName(name).template as Template;
  return { state: template(state.stackName), service: template(service.stackName), assembly };
}

/** The resources of a type, by their logical ids. */
export function ofType(template: Template, type: string): [string, Properties][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties: properties }]) => [id, properties]);
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Properties;
}

export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** The logical id that `{ Ref }` or `{ 'Fn::GetAtt' }` is about. */
export const idIn = (reference: Properties | undefined): string | undefined =>
  reference?.Ref ?? reference?.['Fn::GetAtt']?.[0];
