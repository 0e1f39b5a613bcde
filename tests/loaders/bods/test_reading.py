"""BODS examples of all versions as roles with their shares and days."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from i18n import LANGUAGES, text
from loaders.adapter import Notes, Rejected, SourceError
from loaders.bods import read_bods

EXAMPLES_IN_BODS = 19
Row = dict[str, Any]


def read(file: Path) -> tuple[dict[str, list[Row]], list[Rejected], list[str]]:
    tables: dict[str, list[Row]] = {}
    rejected: list[Rejected] = []
    notes = Notes()
    for batch in read_bods(file, notes):
        tables.setdefault(batch.table, []).extend(batch.rows.to_pylist())
        rejected.extend(batch.rejected)
    return tables, rejected, notes.warnings


def roles(tables: dict[str, list[Row]]) -> set[tuple[Any, ...]]:
    """(holder's name, org's name, kind, share, from, to)."""
    names = {row["org_id"]: row["name"] for row in tables.get("orgs", ())}
    names |= {row["person_id"]: row["name"] for row in tables.get("persons", ())}
    return {
        (
            names.get(row["holder_id"], "?"),
            names[row["org_id"]],
            row["kind"],
            row.get("share_pct"),
            row.get("valid_from"),
            row.get("valid_to"),
        )
        for row in tables.get("roles", ())
    }


def example(shared_data: Path, name: str) -> set[tuple[Any, ...]]:
    tables, rejected, _ = read(shared_data / "ownership" / f"{name}.json")
    assert not rejected
    return roles(tables)


def test_every_bods_example_loads_and_senzing_files_are_named(shared_data: Path) -> None:
    read_well = 0
    for file in sorted((shared_data / "ownership").iterdir()):
        tables, rejected, _ = read(file)
        if file.name in ("open-ownership.json", "open-sanctions.json"):
            assert {entry.reason for entry in rejected} == {"bods_not_bods"}
            continue
        statements = json.loads(file.read_bytes())
        count = {
            kind: len({s["recordId"] for s in statements if s["recordType"] == kind}) for kind in ("entity", "person")
        }
        nameless = sum(s["recordDetails"].get("personType") == "anonymousPerson" for s in statements)
        assert not rejected
        assert len(tables.get("orgs", ())) == count["entity"], file.name
        assert len(tables.get("persons", ())) == count["person"] - nameless, file.name
        read_well += 1
    assert read_well == EXAMPLES_IN_BODS


def test_direct_ownership(shared_data: Path) -> None:
    holder = "Jennifer Hewitson-Smith"
    assert example(shared_data, "bods-package") == {(holder, "Profitech Ltd", "shareholder", "100", "2016-04-06", None)}


def test_the_least_share_of_a_range_is_taken(shared_data: Path) -> None:
    ((_, _, kind, share, _, _),) = example(shared_data, "simple-pep-declaration")
    assert (kind, share) == ("shareholder", "25"), "votes of a quarter to a half are no control"


def test_updates_end_what_they_replace(shared_data: Path) -> None:
    found = example(shared_data, "tecido")
    maria = sorted((r[3:] for r in found if r[0] == "Maria Esteves" and r[2] == "shareholder"), key=str)
    assert maria == [
        ("100", "2002-03-09", "2021-09-23"),
        ("30", "2022-09-21", "2023-03-03"),
        ("40", "2021-09-24", "2022-09-20"),
    ]
    trust = {r[2:] for r in found if r[0] == "Shear Trust" and r[5] is None}
    assert trust == {
        ("shareholder", "80", "2023-03-01", None),
        ("actual_controller", None, "2023-03-01", None),
    }, "four fifths of the votes are control"


def test_a_changed_share_is_not_carried_back_to_a_repeated_start(shared_data: Path) -> None:
    found = {r[3:] for r in example(shared_data, "fermcat") if r[0] == "Patrick O'Donohue" and r[2] == "shareholder"}
    assert found == {("50", "2019-09-11", "2022-01-20"), ("100", "2022-01-21", None)}


def test_indirect_holdings_are_not_counted_beside_their_chain(shared_data: Path) -> None:
    assert example(shared_data, "indirect-ownership") == {
        ("Company B", "Company A", "shareholder", "60", "2017-11-01", None)
    }
    assert example(shared_data, "mutilple-indirect-ownership-2") == {
        ("Company B", "Company A", "shareholder", "40", "2017-11-01", None),
        ("Company C", "Company A", "shareholder", "20", "2017-11-01", None),
        ("Person 1", "Company B", "actual_controller", None, None, None),
        ("Person 1", "Company C", "actual_controller", None, None, None),
        ("Person 1", "Company A", "actual_controller", None, "2017-11-01", None),
    }


def test_control_by_other_means_and_unnamed_holders(shared_data: Path) -> None:
    found = {(r[0], r[2]) for r in example(shared_data, "levent")}
    assert found == {(who, "actual_controller") for who in ("Andrew Anderson", "Bella Buxton", "?")}
    assert example(shared_data, "listed-company-exempt-from-disclosure") == set()


def test_personal_numbers_are_in_no_id(shared_data: Path) -> None:
    tables, _, _ = read(shared_data / "ownership" / "fermcat.json")
    for row in tables["persons"]:
        assert row["id_number"]
        assert row["id_number"] not in row["person_id"]


OLD = [
    {"statementID": "e1", "statementType": "entityStatement", "entityType": "registeredEntity", "name": "Old"},
    {
        "statementID": "p1",
        "statementType": "personStatement",
        "names": [{"fullName": "Ann"}],
        "statementDate": "2018-01-01",
    },
    {
        "statementID": "o1",
        "statementType": "ownershipOrControlStatement",
        "statementDate": "2018-01-01",
        "subject": {"describedByEntityStatement": "e1"},
        "interestedParty": {"describedByPersonStatement": "p1"},
        "interests": [
            {"type": "shareholding", "interestLevel": "direct", "share": {"exact": 10}, "startDate": "2018-01-01"}
        ],
    },
    {
        "statementID": "p2",
        "statementType": "personStatement",
        "statementDate": "2019-01-01",
        "replacesStatements": ["p1"],
        "names": [{"fullName": "Anne"}],
    },
    {
        "statementID": "o2",
        "statementType": "ownershipOrControlStatement",
        "statementDate": "2019-01-01",
        "replacesStatements": ["o1"],
        "subject": {"describedByEntityStatement": "e1"},
        "interestedParty": {"describedByPersonStatement": "p2"},
        "interests": [{"type": "shareholding", "share": {"exact": 20}, "startDate": "2018-12-01"}],
    },
    {
        "statementID": "o3",
        "statementType": "ownershipOrControlStatement",
        "subject": {"describedByEntityStatement": "e1"},
        "interestedParty": {"unspecified": {"reason": "unknown"}},
    },
]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_versions_before_0_4_replace_statements(tmp_path: Path, lines: bool, reverse: bool) -> None:
    statements = OLD[::-1] if reverse else OLD
    file = tmp_path / "old.json"
    file.write_text("\n".join(map(json.dumps, statements)) if lines else json.dumps(statements))
    tables, rejected, warnings = read(file)
    assert not rejected
    assert roles(tables) == {
        ("Anne", "Old", "shareholder", "10", "2018-01-01", "2018-11-30"),
        ("Anne", "Old", "shareholder", "20", "2018-12-01", None),
    }
    assert len({row["person_id"] for row in tables["persons"]}) == 1
    assert any("1 relationships do not disclose" in warning for warning in warnings)


def test_broken_statements_are_named_and_the_rest_loads(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    good = [json.dumps(s) for s in OLD[:3]]
    bad = ['{"statementID":', '{"a": 1}', "3", json.dumps({**OLD[2], "statementID": "o9", "subject": None})]
    file.write_text("\n".join([*bad, *good]))
    tables, rejected, _ = read(file)
    assert roles(tables) == {("Ann", "Old", "shareholder", "10", "2018-01-01", None)}
    assert sorted((entry.row, entry.reason) for entry in rejected) == [
        (1, "json_broken"),
        (2, "bods_not_bods"),
        (3, "bods_not_bods"),
        (4, "bods_no_subject"),
    ]
    for entry in rejected:
        for language in LANGUAGES:
            assert text(f"quarantine.{entry.reason}", language, column="c", value="v")


def test_a_cycle_of_replacements_ends(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(
        json.dumps(
            [{**OLD[0], "replacesStatements": ["e2"]}, {**OLD[0], "statementID": "e2", "replacesStatements": ["e1"]}]
        )
    )
    tables, rejected, _ = read(file)
    assert not rejected
    assert tables["orgs"]


def test_no_json(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("<html>")
    with pytest.raises(SourceError, match="web page"):
        list(read_bods(file, Notes()))
