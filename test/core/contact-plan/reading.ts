/** What is read from plans, and why it is refused. */
import { expect } from 'vitest';
import { parsePlan, type PlanOptions } from '../../../core/contact-plan/plan.ts';
import { InvalidInput } from '../../../core/errors.ts';

export const contactsOf = (text: string, options?: PlanOptions) => parsePlan(text, 'plan', options).contacts;
export const notesOf = (text: string) =>
  parsePlan(text, 'plan').notes.map(({ at, message }) => `${at}: ${message}`);

export function refusal(text: string, options?: PlanOptions): { message: string; fix: string } {
  try {
    parsePlan(text, 'plan', options);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInput);
    return error as InvalidInput;
  }
  throw new Error('it was taken');
}
