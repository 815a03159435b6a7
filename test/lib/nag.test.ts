/** The rule packs of cdk-nag find nothing that isn't acknowledged, with a reason, where it occurs. */
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { ACKNOWLEDGEMENTS } from '../../lib/acknowledgements.ts';
import { stacks, TASKS } from './app.ts';

const PACKS = [AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks];

/** Functions of users may ask for anything; what that means is theirs to judge. */
const SHIPPED = TASKS.filter(({ aws }) => aws === undefined);

const { app } = stacks({}, SHIPPED);
/** As they are before the stacks know of each other. */
const early = PACKS.map((Pack) => new Pack().validateScope(app));
Validations.of(app).addPlugins(...PACKS.map((Pack) => new Pack()));

/** Every acknowledgement in the tree, with the constructs that it is on. */
function acknowledged(): Map<string, { reasons: Set<string>; paths: string[] }> {
  const found = new Map<string, { reasons: Set<string>; paths: string[] }>();
  const visit = (construct: IConstruct): void => {
    for (const { type, data } of construct.node.metadata) {
      if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
      for (const [id, reason] of Object.entries(data as Record<string, string>)) {
        const entry = found.get(id) ?? { reasons: new Set(), paths: [] };
        found.set(id, { reasons: entry.reasons.add(reason), paths: [...entry.paths, construct.node.path] });
      }
    }
    for (const child of construct.node.children) visit(child);
  };
  visit(app);
  return found;
}

describe('cdk-nag', () => {
  test.each(PACKS.map((Pack, index) => [Pack.name, index] as const))(
    'finds nothing with %s in the constructs',
    (_, index) => {
      expect(early[index]!.violations).toEqual([]);
    },
  );

  test('finds nothing as the app is synthesised with all three', () => {
    // It throws for a finding.
    expect(app.synth().stacks).toHaveLength(2);
  });

  test('finds what has not been acknowledged', () => {
    const bare = stacks({}, SHIPPED).app;
    const forget = (construct: IConstruct): void => {
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .forEach(({ data }) =>
          Object.keys(data as object).forEach((id) => delete (data as Record<string, string>)[id]),
        );
      construct.node.children.forEach(forget);
    };
    forget(bare);
    const found = PACKS.flatMap((Pack) =>
      new Pack().validateScope(bare).violations.map(({ ruleName }) => ruleName),
    );
    const wanted = Object.values(ACKNOWLEDGEMENTS)
      .flatMap(({ ids }): readonly string[] => ids)
      .filter((id) => !id.includes('[]'));
    expect(found).toEqual(expect.arrayContaining(wanted));
  });

  test('finds a wildcard that a task file asks for', () => {
    const { violations } = new AwsSolutionsChecks().validateScope(stacks().app);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::pictures-<AWS::AccountId>/*]',
    ]);
  });
});

describe('acknowledgements', () => {
  test('are 15 at most', () => {
    expect(Object.keys(ACKNOWLEDGEMENTS).length).toBeLessThanOrEqual(15);
  });

  test('give a reason each, and none without need', () => {
    const used = new Set([...acknowledged().values()].flatMap(({ reasons }) => [...reasons]));
    const declared = Object.values(ACKNOWLEDGEMENTS).map(({ reason }): string => reason);
    expect(new Set(declared)).toEqual(used);
    for (const reason of declared) expect(reason.length).toBeGreaterThan(40);
  });

  test('are on what they are about, never on a whole stack', () => {
    for (const [id, { paths }] of acknowledged())
      for (const path of paths) expect(path.split('/').length, `${id} on ${path}`).toBeGreaterThan(2);
  });

  test('name the resource where a finding is about one', () => {
    const wildcards = [...acknowledged().keys()].filter((id) => id.includes('IAM5'));
    expect(wildcards.length).toBeGreaterThan(2);
    for (const id of wildcards) expect(id).toMatch(/\[Resource::.+\]$/);
  });
});
