/** What the intake queue takes: operations of the HTTP API, for those who can send messages but not call it. */
import * as z from 'zod';
import { cancelBody, redriveBody, signalBody, startBody, taskBody } from './requests.ts';

const id = z.string().min(1).max(200);
const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/, '1 to 255 printable ASCII characters')
  .optional()
  .describe(
    'The same key with the same request has its effect once. Message group and deduplication id unless given.',
  );

/** Each of them may be delivered again without another effect. */
export const INTAKE = {
  submit: z.strictObject({
    operation: z.literal('submit'),
    document: redriveBody.shape.document.unwrap().describe('A workflow definition, or its text.'),
    format: redriveBody.shape.format,
    idempotencyKey,
  }),
  start: z.strictObject({
    operation: z.literal('start'),
    workflow: id,
    ...startBody.shape,
    idempotencyKey,
  }),
  submitTask: z.strictObject({ operation: z.literal('submitTask'), ...taskBody.shape, idempotencyKey }),
  signal: z.strictObject({
    operation: z.literal('signal'),
    executionId: id,
    name: id,
    ...signalBody.shape,
    idempotencyKey,
  }),
  cancel: z.strictObject({ operation: z.literal('cancel'), executionId: id, ...cancelBody.shape }),
  restart: z.strictObject({ operation: z.literal('restart'), executionId: id }),
} as const;

export type IntakeOperation = keyof typeof INTAKE;

export const intakeOperation = z.looseObject({
  operation: z.enum(Object.keys(INTAKE) as [IntakeOperation, ...IntakeOperation[]]),
});

export type IntakeRequest = { [Name in IntakeOperation]: z.output<(typeof INTAKE)[Name]> }[IntakeOperation];
