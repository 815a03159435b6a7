import type { Capability, Environment } from './capability.ts';
import type { AcknowledgementName } from './acknowledgements.ts';
import type { Permission, Target } from './permissions.ts';

/** Where a target is, and what a function that reaches it has to know. */
export interface Reachable {
  arns: readonly string[];
  /** Why they end in a wildcard, where they do. */
  wildcard?: AcknowledgementName;
  environment?: Environment;
}

export type Targets = { readonly [Name in Target]: Reachable };

/** Gives a function its permissions, and the environment that they are of use with. */
export function grant(to: Capability, permissions: readonly Permission[], targets: Targets): void {
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
