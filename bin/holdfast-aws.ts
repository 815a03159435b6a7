#!/usr/bin/env node
/** The CDK app: `npm run deploy`, or `npx cdk deploy --all`. Settings are in docs/aws.md. */
import { enableCompileCache } from 'node:module';
import { bundleAside } from '../lib/bundle.ts';
import { readSettings } from '../lib/settings.ts';

// From the second time on, most of aws-cdk-lib needs no compiling.
enableCompileCache();
const { App } = await import('aws-cdk-lib');
const app = new App();
const settings = readSettings((name) => app.node.tryGetContext(name));
// The rest of it loads while the functions are bundled.
const [bundles, { addStacks }] = await Promise.all([
  bundleAside(settings.taskDirs, { exec: settings.allowExec }),
  import('../lib/app.ts'),
]);
addStacks(app, settings, bundles);
app.synth();
