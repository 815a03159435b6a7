import { InvalidInput } from '../errors.ts';

/** Transfers of a page that asks for no number. */
export const PAGE_LIMIT = 100;

export const notACursor = (cursor: string): InvalidInput =>
  new InvalidInput(
    `"${cursor.slice(0, 60)}" is no cursor of a page of bundles.`,
    'Give the cursor that came with the page before, or none for the first.',
  );
