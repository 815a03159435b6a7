#!/usr/bin/env node
/** The CDK app: `npm run deploy`, or `npx cdk deploy --all`. Settings are in docs/aws.md. */
import { App } from 'aws-cdk-lib';
import { bundleAside } from '../lib/bundle.ts';
import { readSettings } from '../lib/settings.ts';

const app = new App();
const settings = readSettings((name) => app.node.tryGetContext(name));
// Most of aws-cdk-lib loads while the functions are bundled.
const [bundles, { addStacks }] = await Promise.all([
  bundleAside(settings.taskDirs, { exec: settings.allowExec }),
  import('../lib/app.ts'),
]);
addStacks(app, settings, bundles);
app.synth();
