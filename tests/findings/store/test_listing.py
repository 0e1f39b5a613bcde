"""Lists, streams and counts of findings: nothing lost, nothing doubled, nothing outside what may be seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.access.principal import NOTHING, Scope
from findings.store import listing
from findings.store.database import Store, open_store
from findings.store.errors import StoreError
from findings.store.filtering import UNLIMITED, Filter
from findings.store.listing import SORTS, Page, facets, get_finding, list_findings, stream_findings
from findings.store.models import FindingRow
from findings.store.triage import decide
from tests.findings.worlds import document, documents, record, regions

EVERYTHING = Filter(UNLIMITED)


@pytest.fixture
def filled(store: Store) -> Store:
    record(store, documents(range(100)), regions(range(100)))
    return store


def pages(session: Session, chosen: Filter, sort: str, limit: int) -> Iterator[Page]:
    cursor = None
    while True:
        page = list_findings(session, chosen, sort, limit, cursor)
        yield page
        cursor = page.next
        if cursor is None:
            return


def ids(session: Session, **given: Any) -> set[int]:
    given.setdefault("scope", UNLIMITED)
    return {int(row.finding_id, 16) for row in stream_findings(session, Filter(**given), batch=7)}


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{key}" for key in SORTS), "tier,-amount,region", ""])
def test_pages_hold_every_finding_once_and_in_order(filled: Store, sort: str) -> None:
    with filled.reading() as session:
        found = [row for page in pages(session, EVERYTHING, sort, 13) for row in page.items]
        whole = list_findings(session, EVERYTHING, sort, 1000)
    assert [row["finding_id"] for row in found] == [row["finding_id"] for row in whole.items]
    assert len({row["finding_id"] for row in found}) == whole.total == 100
    assert whole.next is None


def test_the_default_order_is_by_tier_and_then_the_largest_sum(filled: Store) -> None:
    with filled.reading() as session:
        rows = list_findings(session, EVERYTHING, limit=100).items
    shown = [(row["tier"], -(row["amount"] or {"value": 0})["value"]) for row in rows]
    assert shown == sorted(shown)


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("asked", [(), ("380100",), ("380105",), ("380105", "380107"), ("390000",)])
@pytest.mark.parametrize("own", [None, (), ("380100",), ("380105",), ("380105", "380106")])
def test_a_page_is_the_same_by_whichever_index_it_is_found(
    filled: Store, monkeypatch: pytest.MonkeyPatch, few: int, asked: tuple[str, ...], own: tuple[str, ...] | None
) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    chosen = Filter(Scope(regions=None if own is None else frozenset(own), agencies=None), regions=asked)
    with filled.reading() as session:
        rows = list(stream_findings(session, chosen))
        shown = [line["finding_id"] for page in pages(session, chosen, "tier,-amount", 3) for line in page.items]
        total = list_findings(session, chosen).total
    by_order = sorted(rows, key=lambda row: (row.tier, -row.amount_value, row.finding_id))
    assert shown == [row.finding_id for row in by_order]
    assert total == len(rows)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"tiers": ("A",)}, {n for n in range(100) if n % 3 == 0}),
        ({"families": ("arrears", "power")}, {n for n in range(100) if n % 3}),
        ({"detectors": ("same_handler",)}, set()),
        ({"statuses": ("cleared",)}, {n for n in range(100) if n % 10 == 0}),
        ({"regions": ("380105",)}, {n for n in range(100) if n % 20 == 5}),
        ({"regions": ("380100",)}, set(range(100))),
        ({"regions": ("390000",)}, set()),
        ({"entities": ("T7", "O8")}, {7, 8}),
        ({"amount_min": 9_500_000}, {n for n in range(95, 100) if n % 4}),
        ({"amount_max": 200_000}, {1, 2}),
        ({"day_from": date(2024, 12, 1)}, {n for n in range(100) if n % 12 == 11}),
        ({"day_to": date(2023, 12, 31)}, set()),
        ({"q": "T42"}, {42}),
        ({"q": "加密锁 T42"}, {42}),
        ({"q": f"{7:020x}"}, {7}),
        ({"q": "100%"}, set()),
        ({"unassigned": True, "tiers": ("B",)}, {n for n in range(100) if n % 3 == 1}),
        ({"changed_since": 2}, set()),
    ],
)
def test_a_filter_chooses_what_it_names(filled: Store, given: dict[str, Any], wanted: set[int]) -> None:
    with filled.reading() as session:
        assert ids(session, **given) == wanted
        assert list_findings(session, Filter(scope=UNLIMITED, **given)).total == len(wanted)


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (NOTHING, set()),
        (Scope(frozenset(), None), set()),
        (Scope(None, frozenset()), set()),
        (Scope(frozenset({"380103"}), None), {n for n in range(100) if n % 20 == 3}),
        (Scope(frozenset({"380100"}), None), set(range(100))),
        (Scope(None, frozenset({"G1"})), set()),
        (Scope(None, None, frozenset({"O7"})), set(range(100)) - {7}),
    ],
)
def test_nobody_sees_what_is_outside_their_scope(filled: Store, scope: Scope, wanted: set[int]) -> None:
    with filled.reading() as session:
        assert ids(session, scope=scope) == wanted
        assert list_findings(session, Filter(scope)).total == len(wanted)
        assert sum(facets(session, Filter(scope))["tier"].values()) == len(wanted)
        if 7 not in wanted:
            with pytest.raises(StoreError) as caught:
                get_finding(session, f"{7:020x}", scope)
            assert caught.value.key == "store_no_finding"


def test_facets_say_what_another_choice_would_show(filled: Store) -> None:
    with filled.reading() as session:
        counts = facets(session, Filter(UNLIMITED, tiers=("A",), statuses=("cleared",)))
    assert counts["tier"] == {"A": 4, "B": 3, "C": 3}
    assert counts["status"] == {"cleared": 4, "flagged": 30}
    assert counts["family"] == {"bid_rigging": 4}


def test_a_finding_is_found_by_the_beginning_of_its_id(filled: Store) -> None:
    with filled.session() as session:
        session.get_one(FindingRow, f"{99:020x}").headline_en = "changed"
        assert get_finding(session, f"{99:020x}", UNLIMITED).headline_en == "changed"
        with pytest.raises(StoreError) as caught:
            get_finding(session, "000000", UNLIMITED)
    assert caught.value.key == "store_several_findings"


@pytest.mark.parametrize("cursor", ["", "x", "bm9uc2Vuc2U", "WyIiLDFd", "%%%"])
def test_a_cursor_that_is_none_is_refused(filled: Store, cursor: str) -> None:
    with filled.reading() as session, pytest.raises(StoreError) as caught:
        list_findings(session, EVERYTHING, cursor=cursor)
    assert caught.value.key == "store_cursor"


def test_a_cursor_of_another_order_and_an_unknown_order_are_refused(filled: Store) -> None:
    with filled.reading() as session:
        cursor = list_findings(session, EVERYTHING, "-score", 5).next
        with pytest.raises(StoreError) as caught:
            list_findings(session, EVERYTHING, "score", 5, cursor)
        assert caught.value.key == "store_cursor"
        with pytest.raises(StoreError) as caught:
            list_findings(session, EVERYTHING, "evidence_hash")
        assert caught.value.key == "store_sort"


def test_a_line_of_a_list_has_the_first_entities_and_says_how_many_there_are(store: Store) -> None:
    many = document(1)
    many["entities"] += [{"id": f"O9{n}", "kind": "org", "role": "bidder"} for n in range(30)]

    record(store, [orjson.dumps(many), *documents([2])])
    with store.reading() as session:
        lines = list_findings(session, EVERYTHING, "first_run").items
    assert [(len(line["entities"]), line["entity_count"]) for line in lines] == [(6, 33), (3, 3)]
    assert lines[0]["title"] == {"zh": "投标特征码一致", "en": lines[0]["title"]["en"]}
    assert lines[0]["amount"] == {"value": 100_000, "currency": "CNY"}


@pytest.mark.parametrize("count", [10_000])
def test_ten_thousand_stream_whole_while_others_change_them(store: Store, count: int) -> None:
    record(store, documents(range(count)))
    # A decision on a lead that the scan has just rewritten waits until the scan is recorded, on a slow machine long.
    patient = open_store(store.engine.url.render_as_string(hide_password=False), lock_seconds=60)
    stop, decided = threading.Event(), 0
    failed: list[BaseException] = []

    def change() -> None:
        nonlocal decided
        try:
            while not stop.is_set() and decided < 300:
                name = f"{decided * 31 % count:020x}"
                with patient.session() as session:
                    decide(session, name, "assign", actor="u1", assignee=f"u{decided}")
                decided += 1
        except BaseException as error:
            failed.append(error)

    def rescan() -> None:
        try:
            record(patient, documents(range(500, count + 500), sentence=" again"))
        except BaseException as error:
            failed.append(error)

    with store.reading() as session:
        stream = stream_findings(session, EVERYTHING)
        seen = [next(stream).finding_id]
        writers = [threading.Thread(target=change), threading.Thread(target=rescan)]
        for writer in writers:
            writer.start()
        seen += [row.finding_id for row in stream]
        stop.set()
    for writer in writers:
        writer.join(120)
    patient.close()
    assert not failed
    assert decided > 0
    assert seen == [f"{number:020x}" for number in range(count)]
    with store.reading() as session:
        assert len(set(session.scalars(select(FindingRow.finding_id)))) == count + 500
        assert ids(session, states=("gone",)) == set(range(500))
