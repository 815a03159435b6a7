import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../../core/errors.ts';
import { compileNetwork } from '../../../../core/routing/static/network.ts';
import { parseTopology } from '../../../../core/routing/static/topology.ts';

const nodes = [{ id: 1 }, { id: 'b' }, { id: 'c', name: 'alone' }];
const parse = (document: unknown, cost?: string) =>
  parseTopology(JSON.stringify(document), 'net.json', { cost });

describe('a topology', () => {
  it('has links both ways where it is not directed, at the cost that is named', () => {
    const edges = [{ source: 1, target: 'b', dist: 2.5 }];
    expect(parse({ directed: false, nodes, edges }, 'dist')).toEqual({
      nodes: ['1', 'b', 'c'],
      links: [{ id: '1--b', from: '1', to: 'b', cost: 2.5, isBothWays: true }],
    });
    expect(parse({ directed: true, nodes, links: edges }).links).toEqual([
      { id: '1--b', from: '1', to: 'b', cost: 1, isBothWays: false },
    ]);
  });

  it('keeps parallel links apart by name, whatever nodes are called', () => {
    const named = ['a', 'b', 'a--b', 'b--a', 'b#1', 'b#2'].map((id) => ({ id }));
    const edge = fc.record({
      source: fc.constantFrom(...named.map(({ id }) => id)),
      target: fc.constantFrom(...named.map(({ id }) => id)),
    });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 12 }), (edges) => {
        const topology = parse({ nodes: named, edges });
        expect(compileNetwork(topology.links, topology.nodes).linkCount).toBe(edges.length);
      }),
    );
  });

  it('refuses what is no topology, saying where', () => {
    const refuses = (text: string, message: string, cost?: string) => {
      const read = () => parseTopology(text, 'net.json', { cost });
      expect(read).toThrow(message);
      expect(read).toThrow(InvalidInput);
    };
    const refusesDocument = (document: unknown, message: string, cost?: string) =>
      refuses(JSON.stringify(document), message, cost);
    refuses('{"nodes": [', 'net.json is not JSON');
    refuses('{"nodes": [], "edges": [{"dist": NaN}]}', 'net.json is not JSON');
    refuses('', 'net.json is not JSON');
    refuses('null', 'net.json is null');
    refuses('[]', 'net.json is a list');
    refuses(`{"nodes": [], "edges": [${'['.repeat(50_000)}${']'.repeat(50_000)}]}`, 'net.json');
    refusesDocument({ nodes }, 'no list "nodes", or no list "edges" or "links"');
    refusesDocument({ nodes, edges: {} }, 'no list');
    refusesDocument({ directed: 'yes', nodes, edges: [] }, '"directed" is "yes"');
    refusesDocument({ nodes: [{}], edges: [] }, 'the id of nodes[0] is missing');
    refusesDocument({ nodes: [{ id: 1 }, { id: '1' }], edges: [] }, 'nodes[1] has the id "1" again');
    refusesDocument({ nodes, edges: [7] }, 'edges[0] is 7');
    refusesDocument(
      { nodes, edges: [{ source: 1, target: 'z' }] },
      'edges[0].target is "z", which is no node',
    );
    refusesDocument({ nodes, edges: [{ source: 1, target: 'b' }] }, 'edges[0].dist is missing', 'dist');
    refusesDocument({ nodes, edges: [{ source: 1, target: 'b', w: '2' }] }, 'edges[0].w is "2"', 'w');
  });

  it('refuses any text without a crash', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            parseTopology(text, 'net.json');
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInput);
          }
        },
      ),
    );
  });
});
