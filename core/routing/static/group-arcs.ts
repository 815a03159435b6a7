/** Members of group g are `order[starts[g]]` to `order[starts[g + 1] - 1]`, in the order in which they came. */
export interface Grouped {
  starts: Int32Array;
  order: Int32Array;
}

/** A counting sort; `groups` holds the group of each member. */
export function groupArcs(groupCount: number, groups: Int32Array): Grouped {
  const starts = new Int32Array(groupCount + 1);
  for (let member = 0; member < groups.length; member++) starts[groups[member]! + 1]!++;
  for (let group = 0; group < groupCount; group++) starts[group + 1]! += starts[group]!;
  const next = starts.slice();
  const order = new Int32Array(groups.length);
  for (let member = 0; member < groups.length; member++) order[next[groups[member]!]!++] = member;
  return { starts, order };
}
