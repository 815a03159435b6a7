/** Reads network files; apart from the rest, since it brings the readers of YAML. */
import { parse } from '../api/parse.ts';
import { InvalidRequest } from '../api/problem.ts';
import { InvalidInput } from '../errors.ts';
import { readDocument } from '../workflow/document.ts';
import { Issues } from '../workflow/issues.ts';
import type { NetworkFile } from './network.ts';
import { networkFileSchema } from './network-schema.ts';

/**
 * `{nodes: […], links: […]}` in JSON or YAML; either list may be missing. `name` is what messages call it. Errors:
 * `InvalidRequest`, with line or with index and field; `InvalidInput` for an empty one.
 */
export function parseNetworkFile(
  text: string,
  format: 'json' | 'yaml' | undefined,
  name: string,
): NetworkFile {
  if (text.trim() === '') throw new InvalidInput(`${name} is empty.`, 'Write "nodes:" and "links:".');
  const issues = new Issues();
  const { value, locate } = readDocument(text, format, issues);
  if (!issues.isEmpty) throw new InvalidRequest(name, issues.list(locate));
  const file = parse(networkFileSchema, value, name);
  if (file.nodes.length + file.links.length === 0)
    throw new InvalidInput(`${name} has neither nodes nor links.`, 'Write "nodes:" and "links:".');
  return file;
}
