import { Stack, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * References don't work across two copies of aws-cdk-lib, and the errors that come of it say nothing of that. An app has two where
 * Holdfast was installed by itself before it was linked to the app.
 */
export function checkSameLibrary(construct: IConstruct): void {
  const isForeign = (scope: IConstruct): boolean =>
    (Stack.isStack(scope) && !(scope instanceof Stack)) ||
    (Stage.isStage(scope) && !(scope instanceof Stage));
  const foreign = construct.node.scopes.find(isForeign);
  if (foreign === undefined) return;
  throw new Error(
    `"${foreign.node.path || 'the app'}" is made with another copy of aws-cdk-lib than Holdfast's constructs. ` +
      'Put your app and Holdfast into one npm workspace, so that both have the same: docs/aws.md.',
  );
}
