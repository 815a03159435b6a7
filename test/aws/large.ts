import { randomBytes } from 'node:crypto';

const TEXT_BYTES = 100_000;

/** Tasks that do nothing with much: four or more of them make a definition that no item of the table holds. */
export const wordy = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    id: `wordy-${at}`,
    type: 'pass',
    // Nothing that packing makes much smaller.
    input: { text: randomBytes(TEXT_BYTES).toString('base64') },
  }));
