/** The commands that the documents tell people to type. */
import { blocksOf } from './documents.ts';

export interface Command {
  document: string;
  line: number;
  /** Without `npx holdfast`. */
  argv: string[];
}

/** Every `npx holdfast …` in a document's blocks, taken apart as a shell would. */
export function commandsOf(document: string): Command[] {
  return blocksOf(document).flatMap(({ line, text }) =>
    text.split('\n').flatMap((row, index) => {
      const [, command] = /^(?:\$ )?npx holdfast (.*)$/.exec(row) ?? [];
      return command === undefined ? [] : { document, line: line + index, argv: words(command) };
    }),
  );
}

/** Words of a simple command: quotes, no expansion; a comment or a redirection ends it. */
function words(command: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of command) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (character === ' ') {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if ((character === '#' || character === '>') && word === undefined) {
      return found;
    } else {
      word = (word ?? '') + character;
    }
  }
  return word === undefined ? found : [...found, word];
}
