import { childrenOf, type Node } from './ast.ts';

export interface FreeNames {
  /** Root fields, and `*` where the expression can read any of them. */
  fields: string[];
  /** Variables (without `$`) that the expression itself doesn't define. */
  variables: string[];
}

/** What an expression reads from its input and its bindings. */
export function freeNames(root: Node): FreeNames {
  const fields = new Set<string>();
  const variables = new Set<string>();

  function visit(node: Node, atRoot: boolean, bound: ReadonlySet<string>): void {
    switch (node.type) {
      case 'path':
        return visitPath(node, atRoot, bound);
      case 'name':
        if (atRoot) fields.add(String(node.value));
        return;
      case 'wildcard':
      case 'descendant':
        if (atRoot) fields.add('*');
        return;
      case 'variable':
        visitVariable(String(node.value), atRoot, bound);
        return visitFilters(node, bound);
      case 'lambda': {
        const parameters = (node.arguments ?? []).map((parameter) => String(parameter.value));
        return visit(node.body!, atRoot, new Set([...bound, ...parameters]));
      }
      case 'block':
        return visitBlock(node, atRoot, bound);
      case 'transform':
        for (const child of childrenOf(node)) visit(child, false, bound);
        return;
      default:
        for (const child of childrenOf({
          ...node,
          stages: undefined,
          predicate: undefined,
          group: undefined,
        }))
          visit(child, atRoot, bound);
        return visitFilters(node, bound);
    }
  }

  function visitVariable(name: string, atRoot: boolean, bound: ReadonlySet<string>): void {
    if (name === '$' || (name === '' && atRoot)) fields.add('*');
    else if (name !== '' && !bound.has(name)) variables.add(name);
  }

  function visitFilters(node: Node, bound: ReadonlySet<string>): void {
    for (const child of childrenOf([node.stages, node.predicate, node.group])) visit(child, false, bound);
  }

  function visitPath(node: Node, atRoot: boolean, bound: ReadonlySet<string>): void {
    const steps = node.steps!;
    const [first, second] = steps;
    const root = first!.type === 'variable' && (first!.value === '$' || (first!.value === '' && atRoot));
    const inner = new Set(bound);
    steps.forEach((step, index) => {
      if (step.focus) inner.add(step.focus);
      if (step.index) inner.add(step.index);
      if (index === 0 && root && second?.type === 'name') visitFilters(step, inner);
      else visit(step, index === 0 ? atRoot : index === 1 && root, inner);
      if (step.type === 'name') visitFilters(step, inner);
    });
    if (node.group) visitFilters({ type: 'path', group: node.group }, inner);
  }

  function visitBlock(node: Node, atRoot: boolean, bound: ReadonlySet<string>): void {
    const inner = new Set(bound);
    for (const part of node.expressions ?? []) {
      if (part.type === 'bind') inner.add(String((part.lhs as Node).value));
      visit(part, atRoot, inner);
    }
  }

  visit(root, true, new Set());
  return { fields: [...fields], variables: [...variables] };
}
