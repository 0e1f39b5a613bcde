"""What was planted where: `truth.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Kind = Literal["planted", "twin", "by_product"]


class Truth:
    """Every planted pattern and innocent twin of the province.

    An entry is `{"detector", "kind", "twin", "entities": {role: id}, "note"}`. A finding matches an entry when
    its detector is the same and its entities include all the ids listed. `kind` is `planted` (a scan must find
    it), `twin` (no tier A or B finding may be flagged on it) or `by_product` (inseparable from a plant of another
    detector: a finding on it is explained, but not required).
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []
        self.counts: Counter[str] = Counter()

    def add(self, detector: str, kind: Kind, twin: str | None, entities: Mapping[str, str], note: str) -> None:
        """Record one entry."""
        self.counts[kind] += 1
        self.entries.append(
            {"detector": detector, "kind": kind, "twin": twin, "entities": dict(entities), "note": note}
        )

    def write(self, path: Path) -> None:
        """Write the entries, one a line within the array, in the order planted."""
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in self.entries)
        path.write_text(f"[\n{lines}\n]\n" if lines else "[]\n", encoding="utf-8")
