"""Recusal that follows from the data: whom a user's own person is tied to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from findings.access.ties import SnapshotTies
from graph.snapshot import Workspace
from tests.graph.worlds import store as make_snapshot

PERSONS = [{"person_id": f"P{n}", "name": f"人{n}"} for n in range(1, 7)]
ORGS = [{"org_id": f"O{n}", "name": f"企业{n}", "org_type": "private"} for n in range(1, 7)]
GOVERNMENT = [{"org_id": f"G{n}", "name": f"机关{n}", "org_type": "government"} for n in range(1, 4)]
WORLD: dict[str, list[dict[str, Any]]] = {
    "persons": PERSONS,
    "orgs": [*ORGS, *GOVERNMENT],
    "kinship": [{"person_a": "P2", "person_b": "P1", "relation": "sibling"}],
    "roles": [
        {"holder_id": "P1", "org_id": "O1", "kind": "director"},
        {"holder_id": "P1", "org_id": "O2", "kind": "shareholder", "share_pct": 1.0},
        {"holder_id": "P2", "org_id": "O3", "kind": "legal_rep"},
        {"holder_id": "P3", "org_id": "O4", "kind": "director"},
    ],
    "posts": [
        {"person_id": "P1", "org_id": "G1", "title": "科长", "powers": ["approve"]},
        {"person_id": "P2", "org_id": "G2", "title": "处长"},
        {"person_id": "P3", "org_id": "G3", "title": "局长"},
    ],
    "contacts": [
        {"owner_id": "P1", "kind": "phone", "value": "13800001111"},
        {"owner_id": "O5", "kind": "phone", "value": "13800001111"},
    ],
}


def test_a_person_is_tied_to_kin_offices_roles_and_shared_contacts_and_to_no_other(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    make_snapshot(workspace, WORLD)
    ties = SnapshotTies(workspace)
    assert ties("P1") == {"P1", "P2", "O1", "O3", "O5", "G1", "G2"}
    assert ties("P4") == {"P4"}
    assert ties("nobody' OR 1=1 --") == {"nobody' OR 1=1 --"}


def test_ties_follow_the_current_snapshot(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    ties = SnapshotTies(workspace)
    assert ties("P1") == {"P1"}
    make_snapshot(workspace, WORLD)
    assert "O1" in ties("P1")
    make_snapshot(workspace, {**WORLD, "roles": []})
    assert "O1" not in ties("P1")


def test_a_party_that_was_joined_to_another_has_the_ids_of_both(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    ties = SnapshotTies(workspace)
    assert ties.all_ids(frozenset({"O9"})) == {"O9"}
    same = {"name": "企业一", "org_type": "private", "uscc": "91380102MA0000001X"}
    make_snapshot(workspace, {"orgs": [{"org_id": name, **same} for name in ("O1", "O8", "O9")]})
    for name in ("O1", "O8", "O9"):
        assert ties.all_ids(frozenset({name, "P1"})) == {"O1", "O8", "O9", "P1"}
    make_snapshot(workspace, WORLD)
    assert ties.all_ids(frozenset({"O9"})) == {"O9"}
