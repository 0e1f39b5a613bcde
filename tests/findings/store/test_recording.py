"""A scan recorded: each finding once, with what became of it; what was set aside comes back with other evidence."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from findings.store.database import Store
from findings.store.diffing import ScanDiff, diff
from findings.store.errors import StoreError
from findings.store.models import FindingEntity, FindingRow, FindingVersion, ScanRun, State, Triage
from findings.store.recording import fail_scan
from findings.store.triage import decide, history
from findings.subjects import Agency, Party, Subjects, common_region
from i18n import Text
from tests.findings.worlds import begin, document, documents, record


def states(store: Store) -> dict[int, str]:
    with store.reading() as session:
        return {int(row.finding_id, 16): row.state for row in session.scalars(select(FindingRow))}


def row(session: Session, number: int) -> FindingRow:
    return session.get_one(FindingRow, f"{number:020x}")


def test_new_unchanged_changed_gone_and_returned(store: Store) -> None:
    first = record(store, documents([1, 2, 3]))
    assert (first.before, first.after, len(first.new)) == (None, 1, 3)
    second = record(store, [*documents([1]), *documents([2], sentence=" again"), *documents([4])])
    assert states(store) == {1: State.UNCHANGED, 2: State.CHANGED, 3: State.GONE, 4: State.NEW}
    assert second.counts == {"new": 1, "changed": 1, "gone": 1, "returned": 0, "unchanged": 1}
    third = record(store, documents([1, 2, 3, 4]))
    assert states(store) == {1: State.UNCHANGED, 2: State.CHANGED, 3: State.RETURNED, 4: State.UNCHANGED}
    assert third.returned == (f"{3:020x}",)
    record(store, documents([1, 2, 3, 4]))
    assert set(states(store).values()) == {State.UNCHANGED}
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(FindingRow)) == 4
        found = row(session, 3)
        assert (found.first_run, found.changed_run, found.last_run) == (1, 3, 4)
        outcomes = session.scalars(
            select(FindingVersion.outcome).where(FindingVersion.finding_id == f"{3:020x}").order_by("run_id")
        )
        assert list(outcomes) == [State.NEW, State.GONE, State.RETURNED]


def test_a_repeated_scan_writes_no_document_twice(store: Store) -> None:
    for _ in range(3):
        record(store, documents(range(20)))
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(FindingVersion)) == 20
        assert session.scalar(select(func.count()).select_from(FindingEntity)) == 60


def test_a_document_comes_out_as_it_went_in(store: Store) -> None:
    record(store, documents([7]))
    with store.reading() as session:
        assert orjson.dumps(row(session, 7).document) == documents([7])[0]


def test_a_row_that_moved_in_its_file_changes_no_evidence_but_is_found_where_it_is(store: Store) -> None:
    record(store, documents([1]))
    moved = document(1)
    moved["evidence"]["records"][0]["row"] = 900
    moved["score"] = 0.5
    assert record(store, [orjson.dumps(moved)]).unchanged == 1
    with store.reading() as session:
        found = row(session, 1)
        assert (found.state, found.score) == (State.UNCHANGED, 0.5)
        assert found.document["evidence"]["records"][0]["row"] == 900


def test_any_difference_between_two_scans_can_be_asked_for(store: Store) -> None:
    record(store, documents([1, 2]))
    record(store, documents([2, 3]))
    record(store, [*documents([1]), *documents([2], sentence=" again")])
    ids = {number: f"{number:020x}" for number in range(5)}
    with store.reading() as session:
        assert diff(session, 1, 2) == ScanDiff(
            1, 2, new=(ids[3],), changed=(), gone=(ids[1],), returned=(), unchanged=1
        )
        assert diff(session, 2, 3) == ScanDiff(
            2, 3, new=(), changed=(ids[2],), gone=(ids[3],), returned=(ids[1],), unchanged=0
        )
        assert diff(session, 3, 1) == ScanDiff(1, 3, new=(), changed=(ids[2],), gone=(), returned=(), unchanged=1)
        with pytest.raises(StoreError) as caught:
            diff(session, 1, 99)
    assert caught.value.key == "store_no_run"


def test_a_dismissal_holds_until_the_evidence_changes_and_then_says_what_did(store: Store) -> None:
    record(store, documents([1]))
    with store.session() as session:
        decide(session, f"{1:020x}", "dismiss", actor="u1", reason_code="data_error")
    record(store, documents([1]))
    record(store, [])
    record(store, documents([1]))
    with store.reading() as session:
        assert row(session, 1).triage == Triage.DISMISSED, "gone and returned with the same evidence"
    other = document(1, sentence=" and one machine")
    other["evidence"]["records"].append(
        {**other["evidence"]["records"][0], "ref": "bids:" + "f" * 16, "hash": "a" * 16}
    )
    record(store, [orjson.dumps(other)])
    with store.reading() as session:
        found = row(session, 1)
        assert (found.triage, found.state) == (Triage.OPEN, State.CHANGED)
        last = history(session, found.finding_id)[-1]
        assert (last.actor, last.action, last.run_id) == ("system", "reopen", found.last_run)
        assert last.details is not None
        assert last.details["records_added"] == ["bids:" + "f" * 16]
        assert last.details["records_removed"] == []
        assert "one machine" in last.details["reasons"]["after"][0]["en"]
        assert "one machine" not in last.details["reasons"]["before"][0]["en"]


def test_what_was_confirmed_stays_confirmed_with_other_evidence(store: Store) -> None:
    record(store, documents([1]))
    with store.session() as session:
        decide(session, f"{1:020x}", "confirm", actor="u1")
    record(store, documents([1], sentence=" again"))
    with store.reading() as session:
        assert (row(session, 1).triage, row(session, 1).state) == (Triage.CONFIRMED, State.CHANGED)


def test_findings_of_detectors_that_did_not_run_stay_as_they_are(store: Store) -> None:
    record(store, documents([1]))
    with store.session() as session:
        row(session, 1).detector = "same_handler"
    assert record(store, documents([2])).gone == ()
    assert states(store) == {1: State.NEW, 2: State.NEW}


def test_what_is_written_within_a_scan_fails_with_it(store: Store) -> None:
    record(store, documents([1]))

    def broken(session: Session, run: ScanRun, diff: ScanDiff) -> None:
        raise RuntimeError(diff.new)

    with pytest.raises(RuntimeError):
        record(store, documents([2]), within=[broken])
    assert states(store) == {1: State.NEW}


def test_a_scan_that_was_ended_meanwhile_is_not_recorded(store: Store) -> None:
    number = begin(store)
    with store.session() as session:
        fail_scan(session, number, Text(zh="停止", en="stopped"))
        assert session.get_one(ScanRun, number).error == {"zh": "停止", "en": "stopped"}
    record(store, documents([1]))
    with store.session() as session:
        fail_scan(session, 2, Text(zh="停止", en="stopped"))
        assert session.get_one(ScanRun, 2).state == "complete"


def test_names_agencies_and_regions_are_kept_with_the_finding(store: Store) -> None:
    name = f"{1:020x}"
    subjects = Subjects(
        names={("org", "O1"): "青禾建设", ("tender", "T1"): "教学楼"},
        agencies={name: (Agency("G1", "住建局"),), f"{2:020x}": (Agency("G1", "住建局"), Agency("G2", None))},
        regions={name: "380101"},
        evidence={name: (Party("org", "G1", "住建局"), Party("person", "P1", "王某"))},
    )
    record(store, documents([1, 2]), subjects)
    with store.reading() as session:
        found = row(session, 1)
        assert (found.agency_id, found.agency_name, found.region) == ("G1", "住建局", "380101")
        assert [(e.entity_id, e.role, e.name) for e in found.entities] == [
            ("T1", "tender", "教学楼"),
            ("O1", "bidder", "青禾建设"),
            ("O501", "bidder", None),
            ("G1", "agency", "住建局"),
            ("P1", "evidence", "王某"),
        ]
        two = row(session, 2)
        assert (two.agency_id, [e.entity_id for e in two.entities if e.role == "agency"]) == (None, ["G1", "G2"])


@pytest.mark.parametrize(
    ("codes", "region"),
    [
        (["380101"], "380101"),
        (["380101", "380101"], "380101"),
        (["380101", "380102"], "380100"),
        (["380101", "380201"], "380000"),
        (["380101", "440101"], None),
        (["north"], "north"),
        (["north", "380101"], None),
        ([], None),
    ],
)
def test_a_finding_belongs_to_the_smallest_region_that_has_all_of_it(codes: list[str], region: str | None) -> None:
    assert common_region(codes) == region
