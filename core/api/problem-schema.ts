/** The shape of a problem document, as the API's description tells it. */
import * as z from 'zod';

export const issueSchema = z.strictObject({
  path: z.string().describe('Where in the document: `tasks[2].dependsOn[0]`.'),
  message: z.string(),
  fix: z.string(),
  line: z.int().min(1).optional(),
  column: z.int().min(1).optional(),
});

export const problemSchema = z.strictObject({
  type: z.string().describe('`urn:holdfast:problem:<code in kebab-case>`.'),
  title: z.string().describe('What kind of problem it is; the same for every problem of this status.'),
  status: z.int().min(400).max(599),
  detail: z.string().describe('What was wrong, and what came.'),
  code: z.string().describe('The class of the error: branch on this.'),
  cause: z.string().optional().describe('What lay beneath.'),
  fix: z.string().describe('What to do about it.'),
  instance: z.string().describe('The request, or `urn:holdfast:error:<id>` as the host logged it.'),
  issues: z.array(issueSchema).optional().describe('Each thing wrong with what was sent.'),
});
