"""Real documents with parts replaced by values of any type: nothing raises, and nothing valid is invented."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ODD: tuple[Any, ...] = (None, True, 0, -1, 1e300, "", "x", "\x00", [], {}, [[]], [None], [1], {"id": {}}, "2024-02-31")
PUBLISHERS = ("armenia", "colombia", "moldova", "paraguay", "uganda", "ukraine")


def places(value: Any) -> list[tuple[Any, Any]]:
    found = []
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in steps:
        if key not in ("versionedRelease", "documents"):
            found.append((value, key))
            found.extend(places(inner))
    return found


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_any_type_anywhere(shared_data: Path, load: Callable[..., Any], publisher: str) -> None:
    chance = random.Random(publisher)
    folder = shared_data / "ocds" / publisher
    file = sorted(folder.rglob("*.json"))[0]
    document = json.loads(file.read_bytes())
    if "releases" in document and len(document["releases"]) > 5:
        document["releases"] = document["releases"][:5]
    damaged = []
    for _ in range(60):
        broken = copy.deepcopy(document)
        found = places(broken)
        for holder, key in chance.sample(found, min(5, len(found))):
            holder[key] = copy.deepcopy(chance.choice(ODD))
        damaged.append(broken)
    loaded = load(*damaged)
    for table, rows in loaded.tables.items():
        for row in rows:
            assert 1 <= row["_row"] <= len(damaged)
            assert all(value is None or isinstance(value, str) for column, value in row.items() if column != "_row")
            assert all("\0" not in value for value in row.values() if isinstance(value, str)), table
    assert all(entry.value is None or len(entry.value) <= 200 for entry in loaded.rejected)
