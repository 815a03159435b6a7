/** A node of JSONata's syntax tree, as far as this folder looks into it. */
export interface Node {
  type: string;
  value?: unknown;
  position?: number;
  steps?: Node[];
  stages?: Node[];
  predicate?: Node[];
  group?: { lhs: [Node, Node][] };
  expr?: Node;
  expression?: Node;
  expressions?: Node[];
  arguments?: Node[];
  procedure?: Node;
  body?: Node;
  condition?: Node;
  then?: Node;
  else?: Node;
  lhs?: Node | [Node, Node][];
  rhs?: Node;
  terms?: { expression: Node }[];
  pattern?: Node;
  update?: Node;
  delete?: Node;
  focus?: string;
  index?: string;
  keepArray?: boolean;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The nodes directly under this one, whatever they are called. */
export function* childrenOf(value: unknown): Generator<Node> {
  for (const child of Array.isArray(value) ? value : Object.values(value as object)) {
    if (isNode(child)) yield child;
    else if (typeof child === 'object' && child !== null && !(child instanceof RegExp))
      yield* childrenOf(child);
  }
}
