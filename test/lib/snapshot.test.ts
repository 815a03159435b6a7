/** The whole app, to see what a change does to it. `npx vitest run --project unit test/lib/snapshot.test.ts -u` takes a change over. */
import { expect, test } from 'vitest';
import { VERSION } from '../../lib/names.ts';
import { type Properties, synthesise, type Template } from './app.ts';

const { state, service } = synthesise();

/** What is long and checked elsewhere, or differs with every bundle. */
const LEFT_OUT = new Set(['DefinitionString', 'DashboardBody', 'Code', 'AssumeRolePolicyDocument', 'Tags']);

const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}(?=$|\.)/, '');

/** References as `<Id.Attribute>`, joined texts as one. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const {
    Ref: ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
    'Fn::ImportValue': imported,
  } = value as Properties;
  if (typeof ref === 'string') return `<${withoutHash(ref)}>`;
  if (attribute) return `<${withoutHash(attribute[0])}.${attribute[1]}>`;
  if (join) return (plain(join[1]) as unknown[]).join(join[0]);
  if (imported) return `<${String(plain(imported)).replaceAll(/[0-9A-F]{8}/g, '')}>`;
  const entries = Object.entries(value).filter(([key]) => !LEFT_OUT.has(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}

/** A line a property. */
function lines(name: string, { Resources, Outputs }: Template): string[] {
  // Some have no properties at all.
  const resources = Object.entries<Partial<Template['Resources'][string]>>(Resources).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return [
    `# ${name}`,
    ...resources.flatMap(([id, { Type: type, Properties: properties = {}, DeletionPolicy: kept }]) => [
      `${withoutHash(id)} ${type}${kept === undefined ? '' : ` (${kept})`}`,
      ...Object.entries(plain(properties) as object).map(
        ([key, value]) => `  ${key}: ${JSON.stringify(value)}`,
      ),
    ]),
    ...Object.entries(Outputs ?? {}).map(
      ([id, { Value }]) =>
        `output ${withoutHash(id)}: ${JSON.stringify(plain(Value)).replace(VERSION, '<version>')}`,
    ),
  ];
}

test('is what it was', async () => {
  const text = [...lines('state', state), ...lines('service', service)].join('\n');
  await expect(`${text}\n`).toMatchFileSnapshot('app.snapshot');
});
