import { randomBytes } from 'node:crypto';

const TEXT_BYTES = 100_000;

/** Tasks that do nothing with much: four or more of them make a definition that no item of the table holds. */
export const wordy = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    id: `wordy-${at}`,
    type: 'pass',
    input: { text: noise(TEXT_BYTES) },
  }));

/** A text that packing makes little smaller. */
export const noise = (bytes: number): string => randomBytes(bytes).toString('base64');
