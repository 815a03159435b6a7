#!/usr/bin/env node
/** The CDK app: `npm run deploy`, or `npx cdk deploy --all`. Settings are in docs/aws.md. */
import { App } from 'aws-cdk-lib';
import { addStacks } from '../lib/app.ts';
import { readSettings } from '../lib/settings.ts';

const app = new App();
addStacks(
  app,
  readSettings((name) => app.node.tryGetContext(name)),
);
app.synth();
