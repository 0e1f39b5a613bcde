"""The Cypher of a push. Names come from the schema; values are always parameters."""

from __future__ import annotations

from graph.neo4j.rows import EdgeLayer, Layer, NodeLayer

NAME_INDEX = "CREATE TEXT INDEX qingfeng_party_name IF NOT EXISTS FOR (n:Party) ON (n.name)"
AWAIT_INDEXES = "CALL db.awaitIndexes(600)"
"""A server that stops with an index half made opens its database read-only no more."""
HOLDS_ANYTHING = "MATCH (n) WHERE n._hash IS NOT NULL RETURN 1 LIMIT 1"
REMOVE_UNKNOWN = (
    "MATCH ()-[r]->() WHERE r._hash IS NOT NULL AND NOT type(r) IN $names "
    "WITH r LIMIT $limit DELETE r RETURN count(*) AS removed",
    "MATCH (n) WHERE n._hash IS NOT NULL AND NOT any(label IN labels(n) WHERE label IN $names) "
    "WITH n LIMIT $limit DETACH DELETE n RETURN count(*) AS removed",
)
"""Remove a batch of edges, then of nodes, whose type or label is not among `$names`."""


def constraint(label: str) -> str:
    """One node for each id of a label; the index behind it finds the ends of edges and the anchors of queries."""
    return f"CREATE CONSTRAINT qingfeng_{label.lower()}_id IF NOT EXISTS FOR (n:`{label}`) REQUIRE n.id IS UNIQUE"


def write(layer: Layer, table: str, names: tuple[str, ...], labels: str | None) -> str:
    """Write the rows of `$rows`, lists of values in the order of `names`; returns how many as `written`.

    A changed row lays its values over those that the node or edge has: what others keep in it stays.

    Args:
        layer: the label or edge type.
        table: `created` or `changed`.
        names: the columns of a row.
        labels: the further labels that the nodes get, `;` between them; others of the layer are taken away.
    """
    if isinstance(layer, EdgeLayer):
        edge = layer.edge
        source = f":`{edge.source}` {{id: row[{names.index('source')}]}}"
        target = f":`{edge.target}` {{id: row[{names.index('target')}]}}"
        values = _properties(names, ("source", "target", "_was"))
        if table == "created":
            body = f"MATCH (a{source}) MATCH (b{target}) CREATE (a)-[:`{edge.type}` {values}]->(b)"
        else:
            former = names.index("_was")
            body = f"MATCH ({source})-[x:`{edge.type}`]->({target}) WHERE x._hash = row[{former}] SET x += {values}"
        return f"UNWIND $rows AS row {body} RETURN count(*) AS written"
    further = [label for label in (labels or "").split(";") if label]
    if table == "created":
        all_labels = "".join(f":`{label}`" for label in (layer.label, *further))
        return f"UNWIND $rows AS row CREATE ({all_labels} {_properties(names)}) RETURN count(*) AS written"
    text = (
        f"UNWIND $rows AS row MATCH (n:`{layer.label}` {{id: row[{names.index('id')}]}}) "
        f"SET n += {_properties(names, ('id', '_labels'))}"
    )
    text += "".join(f" SET n:`{label}`" for label in further)
    text += "".join(f" REMOVE n:`{label}`" for label in layer.extra_labels if label not in further)
    return text + " RETURN count(*) AS written"


def _properties(names: tuple[str, ...], without: tuple[str, ...] = ("_labels",)) -> str:
    pairs = (f"`{name}`: row[{place}]" for place, name in enumerate(names) if name not in without)
    return "{" + ", ".join(pairs) + "}"


def remove(layer: Layer) -> str:
    """Remove the rows of `$rows`: `[id, _hash]` of nodes, `[source, target, _hash]` of edges."""
    if isinstance(layer, NodeLayer):
        text = f"UNWIND $rows AS row MATCH (x:`{layer.label}` {{id: row[0]}}) WHERE x._hash = row[1] DETACH DELETE x"
    else:
        edge = layer.edge
        text = (
            f"UNWIND $rows AS row MATCH (a:`{edge.source}` {{id: row[0]}})-[x:`{edge.type}`]->"
            f"(b:`{edge.target}` {{id: row[1]}}) WHERE x._hash = row[2] DELETE x"
        )
    return text + " RETURN count(*) AS removed"


def remove_all(layer: Layer) -> str:
    """Remove `$limit` rows of a layer, whichever. By label or type: only those indexes shrink as rows go."""
    delete = "DETACH DELETE" if isinstance(layer, NodeLayer) else "DELETE"
    return (
        f"MATCH {_pattern(layer)} WHERE x._hash IS NOT NULL WITH x LIMIT $limit {delete} x RETURN count(*) AS removed"
    )


def read_back(layer: Layer) -> str:
    """Keys and hashes of all rows of a layer that a push wrote."""
    if isinstance(layer, NodeLayer):
        return f"MATCH (n:`{layer.label}`) WHERE n._hash IS NOT NULL RETURN n.id AS id, n._hash AS _hash"
    edge = layer.edge
    return (
        f"MATCH (a:`{edge.source}`)-[r:`{edge.type}`]->(b:`{edge.target}`) WHERE r._hash IS NOT NULL "
        "RETURN a.id AS source, b.id AS target, r._hash AS _hash"
    )


def counts(layer: Layer) -> tuple[str, str]:
    """How many rows of a layer there are: at once but with those of others, then exactly."""
    pattern = _pattern(layer)
    return f"MATCH {pattern} RETURN count(x)", f"MATCH {pattern} WHERE x._hash IS NOT NULL RETURN count(x)"


def _pattern(layer: Layer) -> str:
    return f"(x:`{layer.label}`)" if isinstance(layer, NodeLayer) else f"()-[x:`{layer.name}`]->()"
