/** Fails, under the given name. */
export const handler = ({ error = 'Broken', permanent = false }: { error?: string; permanent?: boolean }) => {
  throw Object.assign(new Error('it broke'), { name: error, retryable: !permanent });
};
