import type * as z from 'zod';
import type { Context } from './context.ts';
import { describe, type Path } from './issues.ts';
import { suggestion } from './names.ts';

type Issue = z.core.$ZodIssue;

/** Turns what the schema found in the canonical form into issues that point into the document. */
export function reportSchemaIssues(error: z.ZodError, canonical: Path, context: Context): void {
  for (const issue of error.issues) {
    const inner = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    const place = context.origins.resolve([...canonical, ...inner]);
    // What the normaliser has said in the document's own words is not said again.
    const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
    if (context.issues.concern(place) || (isMissing && context.issues.concern(place.slice(0, -1)))) continue;
    const name = String(inner.findLast((step) => typeof step === 'string') ?? 'document');
    const { message, fix } = explain(issue, name, inner[0] === 'variables');
    context.issues.add(place, message, fix);
  }
}

function explain(issue: Issue, name: string, ofVariable: boolean): { message: string; fix: string } {
  const came = 'input' in issue && issue.input !== undefined ? `, not ${describe(issue.input)}` : '';
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && came === ''
        ? {
            message: `"${name}" is missing or of the wrong type: it must be ${article(issue.expected)}.`,
            fix: `Write ${article(issue.expected)}.`,
          }
        : {
            message: `"${name}" must be ${article(issue.expected)}${came}.`,
            fix: `Write ${article(issue.expected)}.`,
          };
    case 'invalid_value': {
      const values = issue.values.map(String);
      const near = typeof issue.input === 'string' ? suggestion(issue.input, values) : '';
      return {
        message: `"${name}" can't be ${describe(issue.input)}.${near}`,
        fix: `Use ${values.join(', ')}.`,
      };
    }
    case 'too_big':
      return {
        message: `"${name}" is too ${issue.origin === 'number' || issue.origin === 'int' ? 'large' : 'long'}${came}.`,
        fix: `The most is ${issue.maximum}.`,
      };
    case 'too_small':
      return {
        message: `"${name}" is too ${issue.origin === 'number' || issue.origin === 'int' ? 'small' : 'short'}${came}.`,
        fix: `The least is ${issue.minimum}.`,
      };
    case 'invalid_format':
      return {
        message: `"${name}" can't be ${describe(issue.input)}.`,
        fix: ofVariable
          ? 'Begin with a letter or _; go on with letters, digits and any of _ -.'
          : 'Begin with a letter, a digit or _; go on with letters, digits and any of _ . : - ( ).',
      };
    case 'unrecognized_keys':
      return { message: `There is no field "${issue.keys.join('", "')}" here.`, fix: 'Remove it.' };
    default:
      return {
        message: `"${name}" is not right: ${issue.message}.`,
        fix: 'See the JSON Schema of workflows.',
      };
  }
}

function article(expected: string): string {
  const names: Record<string, string> = {
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
  };
  return names[expected] ?? `a ${expected}`;
}
