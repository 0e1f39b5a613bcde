"""Findings held against what was planted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from loaders.sample.comparison import hold


def _plant(detector: str, kind: str, *ids: str) -> dict[str, Any]:
    return {"detector": detector, "kind": kind, "entities": {f"role_{n}": value for n, value in enumerate(ids)}}


def _finding(detector: str, *ids: str, status: str = "flagged", tier: str = "B") -> dict[str, Any]:
    entities = [{"id": value} for value in ids]
    return {"finding_id": "-".join((detector, *ids)), "detector": detector, "status": status, "tier": tier} | {
        "entities": entities
    }


def test_each_plant_is_found_missed_or_blamed(tmp_path: Path) -> None:
    plants = [
        _plant("d", "planted", "T1", "A", "B"),
        _plant("d", "planted", "T2", "A"),
        _plant("chance", "planted", "T3"),
        _plant("d", "twin", "T4", "A"),
        _plant("d", "twin", "T5", "A"),
        _plant("d", "by_product", "T6"),
    ]
    (tmp_path / "truth.json").write_text(json.dumps(plants), encoding="utf-8")
    findings = [
        _finding("d", "T1", "A", "B", "C"),
        _finding("d", "T2", "B"),  # names not all that was planted
        _finding("other", "T2", "A"),
        _finding("d", "T4", "A", status="cleared"),
        _finding("d", "T5", "A", tier="A"),
        _finding("d", "T6"),
        _finding("chance", "T7", tier="C"),
    ]
    held = hold(tmp_path, findings, {"chance"})
    assert (held.planted, held.twins) == (2, 2)
    assert held.missed == (plants[1],)
    assert held.blamed == (plants[4],)
    # A twin explains nothing: who accuses it accuses without a plant.
    assert [finding["finding_id"] for finding in held.unexplained] == ["d-T2-B", "other-T2-A", "d-T5-A"]
