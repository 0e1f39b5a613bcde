"""What was planted in a province, held against what a scan says of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Document = Mapping[str, Any]
"""A finding in the findings format, or an entry of `truth.json` (`loaders.sample.truth.Truth`)."""


@dataclass(frozen=True, slots=True)
class Held:
    """The comparison. A plant that is a by-product explains a finding and requires none."""

    planted: int
    missed: tuple[Document, ...]
    """Plants that no flagged finding of their detector names."""
    twins: int
    blamed: tuple[Document, ...]
    """Innocent twins that a finding accuses."""
    unexplained: tuple[Document, ...]
    """Findings that accuse and that no plant explains."""


def accuses(finding: Document) -> bool:
    """Whether a finding stands and is a fact or a lead; statistical flags have error rates instead."""
    return finding["status"] == "flagged" and finding["tier"] in ("A", "B")


def hold(source: Path, findings: Iterable[Document], statistical: Collection[str]) -> Held:
    """Hold findings against the truth of their province.

    Args:
        source: the province as `write_sample` wrote it.
        findings: all findings of a scan, in the findings format.
        statistical: detectors whose flags have a power below one by design, so that none of their plants is missed.
    """
    by_entity: dict[tuple[str, str], list[Document]] = defaultdict(list)
    accusing: dict[str, Document] = {}
    for finding in findings:
        if accuses(finding):
            accusing[finding["finding_id"]] = finding
        for entity in finding["entities"]:
            by_entity[finding["detector"], entity["id"]].append(finding)
    planted = twins = 0
    missed, blamed = [], []
    for plant in json.loads((source / "truth.json").read_text(encoding="utf-8")):
        ids = set(plant["entities"].values())
        near = by_entity[plant["detector"], min(ids)]
        hits = [finding for finding in near if ids <= {entity["id"] for entity in finding["entities"]}]
        if plant["kind"] == "twin":
            twins += 1
            if any(map(accuses, hits)):
                blamed.append(plant)
            continue
        for finding in hits:
            accusing.pop(finding["finding_id"], None)
        if plant["kind"] == "planted" and plant["detector"] not in statistical:
            planted += 1
            if not any(finding["status"] == "flagged" for finding in hits):
                missed.append(plant)
    return Held(planted, tuple(missed), twins, tuple(blamed), tuple(accusing.values()))
