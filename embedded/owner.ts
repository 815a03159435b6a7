/** Whose a data directory is: a node's bundles are its own, and would be lost to it if another host took them up. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput } from '../core/errors.ts';

/** Where an edge node keeps what it is. */
export const nodeFile = (dataDir: string): string => join(dataDir, 'node.json');

/** Where it keeps its secret until it has joined. */
export const joiningFile = (dataDir: string): string => join(dataDir, 'joining.json');

/** Throws `InvalidInput` where the directory is that of another node. A damaged file is left to who wrote it. */
export function checkOwner(dataDir: string, nodeId: string): void {
  const owner = ownerOf(dataDir);
  if (owner === undefined || owner === nodeId) return;
  throw new InvalidInput(
    `${dataDir} is of the node "${owner}", and this host is "${nodeId}".`,
    `Run that node, npx holdfast edge --data-dir ${dataDir}, or give this host a data directory of its own.`,
  );
}

function ownerOf(dataDir: string): string | undefined {
  try {
    const { nodeId } = JSON.parse(readFileSync(nodeFile(dataDir), 'utf8')) as { nodeId?: unknown };
    return typeof nodeId === 'string' ? nodeId : undefined;
  } catch {
    return undefined;
  }
}
