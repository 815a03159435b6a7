import type { Environment } from './capability.ts';
import type { Conditions } from 'aws-cdk-lib/aws-iam';
import type { AcknowledgementName } from './acknowledgements.ts';
import type { Permission, Target } from './permissions.ts';

/** Where a target is, and what a function that reaches it has to know. */
export interface Reachable {
  arns: readonly string[];
  /** Why they end in a wildcard, where they do. */
  wildcard?: AcknowledgementName;
  environment?: Environment;
}

/** Who is given permissions: a `Capability`, or what stands for a function of somebody else's. */
export interface Permitted {
  allow(actions: readonly string[], resources: readonly string[], conditions?: Conditions): void;
  addEnvironment(environment: Environment): void;
  acknowledge(name: AcknowledgementName, resources: readonly string[]): void;
}

export type Targets = { readonly [Name in Target]: Reachable };

/** Gives a function its permissions, and the environment that they are of use with. */
export function grant(to: Permitted, permissions: readonly Permission[], targets: Targets): void {
  for (const { actions, on, keys } of permissions) {
    const reached = on.map((target) => targets[target] as Reachable);
    to.allow(
      actions,
      reached.flatMap(({ arns }) => arns),
      keys && { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
    );
    for (const { arns, environment = {}, wildcard } of reached) {
      to.addEnvironment(environment);
      if (wildcard) to.acknowledge(wildcard, arns);
    }
  }
}
