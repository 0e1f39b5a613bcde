"""What a detector's findings depend on, as one hash: equal inputs give equal findings, so it need not run again."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

import duckdb
import orjson

from graph.projection import Part, node_declarations
from graph.schema import EDGES, SHARED_CODES, TABLES
from graph.snapshot import Snapshot
from queries.detector import Cypher, Detector, Params
from queries.relations import RELATIONS

_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def input_hashes(
    chosen: Sequence[tuple[Detector, Params]], snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, secret: bytes
) -> dict[str, str]:
    """The hash of each detector's inputs.

    It covers the product's version, the detector's version and parameters, the content of every table that its texts
    read, which parties were joined as one, the key of the pseudonyms, and, where it asks for them, the day up to which
    the data reach and what the rows name that could not be read.
    """
    joined = connection.execute("SELECT id, canonical FROM aliases ORDER BY ALL").fetchall()
    common = [_product(), joined, hmac.digest(secret, b"inputs of detectors", "sha256").hex()]
    hashes = {}
    for detector, params in chosen:
        contents = [
            [table, info.content]
            for table in sorted(tables_of(detector))
            if (info := snapshot.manifest.tables.get(table)) is not None
        ]
        as_of = snapshot.manifest.data_as_of if any("$data_as_of" in text for text in _texts(detector)) else None
        not_read = snapshot.manifest.unread if detector.absent else None
        inputs = [*common, not_read, detector.id, detector.version, params.model_dump(mode="json"), contents, as_of]
        hashes[detector.id] = hashlib.sha256(orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    return hashes


def tables_of(detector: Detector) -> frozenset[str]:
    """Every canonical table that a detector reads, itself, through a relation, or through the graph."""
    return _tables_in(_texts(detector)) | detector.requires.keys() | detector.uses.keys()


def _texts(detector: Detector) -> list[str]:
    """All texts that select for a detector, down to the tables."""
    texts = [detector.population.text]
    select = detector.select
    if isinstance(select, Cypher):
        texts += [select.anchors.text, select.then.text, *_graph(select.text)]
    else:
        texts.append(select.text)
    waiting, seen = list(detector.relations), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            texts.append(RELATIONS[name].query)
            waiting += RELATIONS[name].needs
    return texts


def _graph(walk: str) -> list[str]:
    """The texts that fill the part of the graph that a walk names; of the whole graph where it names none."""
    part = Part.named_in([walk])
    edges = [edge.query for edge in EDGES if part is None or edge.type in part.types]
    nodes = [
        node.query
        for node in node_declarations()
        if "stub" not in node.properties
        and (part is None or node.label in part.labels or part.labels.intersection(node.labels))
    ]
    return edges + nodes


def _tables_in(texts: Iterable[str]) -> frozenset[str]:
    words = {word.removeprefix("stored_") for text in texts for word in _WORD.findall(text)}
    if "shared_codes" in words:
        words.update(_WORD.findall(SHARED_CODES))
    return frozenset(words & TABLES.keys())


@functools.cache
def _product() -> str:
    try:
        return version("qingfeng")
    except PackageNotFoundError:
        return "unknown"
