import type { TaskTokens as TokensPort } from '../core/ports/dispatcher.ts';
import { TaskDoesNotExist, type TaskTokens } from './asl/index.ts';

/** The interpreter's tokens as the use cases see them: a token nobody waits on is no error. */
export function tokensOf(tokens: TaskTokens): TokensPort {
  const tell = (answer: () => void): void => {
    try {
      answer();
    } catch (error) {
      if (!(error instanceof TaskDoesNotExist)) throw error;
    }
  };
  return {
    succeed: async (token, output) => tell(() => tokens.succeed(token, output)),
    fail: async (token, error, cause) => tell(() => tokens.fail(token, error, cause)),
  };
}
