"""Costs of shortest paths after single failures, by networkx.

Reads jobs from standard input, one JSON line each: {"file", "cost", "failures": [{"node"} or {"link", index}], "sources"}
with the sources of each failure. Prints a line for each failure: for each of its sources the cost to every node in the
file's order, null where there is no path.
"""

import json
import sys

import networkx as nx


def graph_of(document, cost):
    graph = nx.MultiDiGraph() if document.get("directed") else nx.MultiGraph()
    graph.add_nodes_from(node["id"] for node in document["nodes"])
    for key, edge in enumerate(document.get("edges") or document.get("links") or []):
        graph.add_edge(edge["source"], edge["target"], key=key, cost=edge[cost] if cost else 1)
    return graph


def costs_after(graph, ids, ends, failure, sources):
    if "node" in failure:
        removed = failure["node"]
        lost = list(graph.edges(removed, keys=True, data=True))
        if graph.is_directed():
            lost += list(graph.in_edges(removed, keys=True, data=True))
        graph.remove_node(removed)
    else:
        key = failure["link"]
        tail, head = ends[key]
        lost = [(tail, head, key, dict(graph[tail][head][key]))]
        graph.remove_edge(tail, head, key)
    rows = []
    for source in sources:
        found = nx.single_source_dijkstra_path_length(graph, source, weight="cost") if source in graph else {}
        rows.append([found.get(id) for id in ids])
    graph.add_nodes_from(ids)
    graph.add_edges_from(lost)
    return rows


def main():
    for line in sys.stdin:
        job = json.loads(line)
        with open(job["file"], encoding="utf-8") as file:
            document = json.load(file)
        graph = graph_of(document, job["cost"])
        ids = [node["id"] for node in document["nodes"]]
        ends = {key: (tail, head) for tail, head, key in graph.edges(keys=True)}
        for failure, sources in zip(job["failures"], job["sources"]):
            print(json.dumps(costs_after(graph, ids, ends, failure, sources), separators=(",", ":")))


main()
