/** The app as `cdk` runs it: its own bundles, and the construct library's validation of the templates. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { addStacks } from '../../lib/app.ts';
import { bundle, type Bundles } from '../../lib/bundle.ts';
import { CAPABILITIES } from '../../lib/capabilities.ts';
import { readSettings } from '../../lib/settings.ts';
import { newApp, ofType, type Template } from './app.ts';

let bundles: Bundles;
let service: Template;

beforeAll(() => {
  bundles = bundle();
  const app = newApp();
  const names = addStacks(
    app,
    readSettings(() => undefined, {}),
    bundles,
  );
  // It throws for a template that CloudFormation would not take.
  process.env.CDK_VALIDATION = 'true';
  try {
    service = app.synth().getStackByName(names.service.stackName).template as Template;
  } finally {
    process.env.CDK_VALIDATION = 'false';
  }
}, 180_000);

test('is valid with everything that is shipped', () => {
  expect(Object.keys(service.Resources).length).toBeGreaterThan(200);
});

test('makes a function of every capability and of every task file', () => {
  expect(ofType(service, 'AWS::Lambda::Function')).toHaveLength(
    Object.keys(CAPABILITIES).length + bundles.tasks.length,
  );
  const shipped = readdirSync(join(import.meta.dirname, '../../tasks')).filter((name) =>
    name.endsWith('.ts'),
  );
  const types = shipped.map((name) => name.replace(/\.ts$/, '')).filter((type) => type !== 'exec');
  expect(bundles.tasks.map(({ type }) => type)).toEqual(types.toSorted());
});

test('has a bundle for every function that it deploys, and no other', () => {
  const built = bundles.functions.map(({ name }) => name).filter((name) => !name.startsWith('run/'));
  expect(built.toSorted()).toEqual(Object.keys(CAPABILITIES).toSorted());
});

test('stays below what a stack may hold', () => {
  expect(Object.keys(service.Resources).length).toBeLessThan(450);
  expect(JSON.stringify(service).length).toBeLessThan(900_000);
});
