/** Items as plain values, and back. `undefined` is left out; numbers are JavaScript's own. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Value =
  | string
  | number
  | boolean
  | Uint8Array
  | ReadonlySet<number>
  | ReadonlySet<string>
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

export type Attributes = Record<string, AttributeValue>;
export type Values = { readonly [name: string]: Value | undefined };

export function marshal(values: Values): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) attributes[name] = attributeOf(value);
  }
  return attributes;
}

export function attributeOf(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Uint8Array) return { B: value };
  if (value instanceof Set) return setOf(value as ReadonlySet<number | string>);
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  return { M: marshal(value as Values) };
}

/** A set that DynamoDB takes has members, all of one type. */
function setOf(values: ReadonlySet<number | string>): AttributeValue {
  const members = [...values];
  return typeof members[0] === 'number' ? { NS: members.map(String) } : { SS: members.map(String) };
}

/** The item as `T`, which says what its writer put there. */
export function unmarshal<T>(attributes: Attributes): T {
  const values: Record<string, unknown> = {};
  for (const name in attributes) values[name] = valueOf(attributes[name]!);
  return values as T;
}

function valueOf(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.B !== undefined) return attribute.B;
  if (attribute.NS) return new Set(attribute.NS.map(Number));
  if (attribute.SS) return new Set(attribute.SS);
  if (attribute.L) return attribute.L.map(valueOf);
  if (attribute.M) return unmarshal(attribute.M);
  return undefined;
}
