"""The whole life of leads, on either database: load, scan, decide, other data, scan again, tell, refer, audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from findings.audit.trail import append
from findings.audit.verifying import verify
from findings.notify.delivery import deliver_due
from findings.notify.signing import secret_of
from findings.notify.subscriptions import Wanted, create_subscription
from findings.runs import run_scan_and_store
from findings.settings import Settings, read_settings
from findings.store.database import Store, open_store
from findings.store.diffing import diff
from findings.store.models import CaseLink, FindingRow, State, Triage
from findings.store.triage import decide, history
from queries.profiles import configure
from queries.registry import detector
from tests.findings.notify.receiver import Receiver
from tests.findings.worlds import TOWN, load_rows

DEVICE = configure([detector("same_device")])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


@pytest.fixture
def settings(tmp_path: Path, store_url: str) -> Settings:
    return read_settings(workspace=tmp_path / "workspace", store_url=store_url, webhook_allow_private=True)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Store]:
    store = open_store(settings.store_address())
    store.upgrade()
    yield store
    store.close()


def by_tender(store: Store) -> dict[str, FindingRow]:
    """The finding of each tender."""
    with store.reading() as session:
        rows = list(session.scalars(select(FindingRow)))
        return {entity.entity_id: row for row in rows for entity in row.entities if entity.kind == "tender"}


def states(store: Store) -> dict[str, str]:
    return {tender: row.state for tender, row in sorted(by_tender(store).items())}


def step(store: Store, finding_id: str, action: str, **given: Any) -> None:
    """A decision, audited in its own transaction."""
    with store.session() as session:
        decide(session, finding_id, action, actor="u1", **given)
        append(session, actor="u1", action=f"finding.{action}", subject=finding_id, purpose=given.get("case_number"))


def test_the_whole_life_of_leads(settings: Settings, opened: Store, receiver: Receiver) -> None:
    with opened.session() as session:
        wanted = Wanted(states=("new", "changed", "returned"), tiers=("A", "B"))
        url = f"http://127.0.0.1:{receiver.port}/leads"
        subscription = create_subscription(
            session, "case system", "webhook", url, wanted, known_families={"bid_rigging"}, actor="u1"
        )
    secret = secret_of(subscription.id, settings.signing_key())

    # Load and scan.
    load_rows(settings.workspace, TOWN)
    first = run_scan_and_store(settings, DEVICE)
    assert first.counts == {"new": 4, "changed": 0, "gone": 0, "returned": 0, "unchanged": 0}
    assert deliver_due(opened, settings).sent == 1

    # Decide: one is dismissed, one confirmed.
    leads = by_tender(opened)
    step(opened, leads["T2"].finding_id, "dismiss", reason_code="innocent_explanation", note="同一代理机构终端")
    step(opened, leads["T4"].finding_id, "start")
    step(opened, leads["T4"].finding_id, "confirm", reason_code="evidence_checked")

    # Other data: the second tender has more evidence, in the third one bidder was another firm after all.
    load_rows(
        settings.workspace,
        {
            "bid_devices": [{"bid_id": f"B2{side}", "stage": "upload", "mac": "00-1A"} for side in "ab"],
            "bids": [{"bid_id": "B3b", "tender_id": "T3", "bidder_id": "O1", "status": "valid"}],
        },
    )
    second = run_scan_and_store(settings, DEVICE, changed_only=True)
    assert states(opened)["T1"] == State.UNCHANGED
    assert states(opened)["T2"] == State.CHANGED
    assert second.counts == {"new": 1, "changed": 1, "gone": 1, "returned": 0, "unchanged": 2}
    reopened = by_tender(opened)["T2"]
    assert reopened.triage == Triage.OPEN
    with opened.reading() as session:
        last = history(session, reopened.finding_id)[-1]
        gone = session.get_one(FindingRow, second.gone[0])
        assert (gone.finding_id, gone.state) == (leads["T3"].finding_id, State.GONE)
    assert last.details is not None
    assert len(last.details["records_added"]) == 2
    assert by_tender(opened)["T4"].triage == Triage.CONFIRMED

    # The first bidder of the third tender was right all along.
    load_rows(
        settings.workspace, {"bids": [{"bid_id": "B3b", "tender_id": "T3", "bidder_id": "O6", "status": "valid"}]}
    )
    third = run_scan_and_store(settings, DEVICE)
    assert third.returned == (leads["T3"].finding_id,)
    with opened.reading() as session:
        assert diff(session, 1, 2).counts == second.counts
        assert diff(session, 2, 3).counts == third.counts
        whole = diff(session, 1, 3)
    assert whole.changed == (leads["T2"].finding_id,)
    assert (whole.new, whole.gone, whole.unchanged) == ((), (), 3)

    # The case system was told, and can believe it.
    assert deliver_due(opened, settings).sent == 2
    assert all(got.signed_by(secret) for got in receiver.got)
    told = {got.body.decode().count('"finding_id"'): got.body.decode() for got in receiver.got}
    assert sorted(told) == [1, 2, 4], "one message a scan, in whatever order they arrive"
    assert leads["T3"].finding_id in told[1]
    assert deliver_due(opened, settings).sent == 0, "told twice"

    # It is referred to a case, and the trail of all that is whole.
    step(opened, leads["T4"].finding_id, "refer", case_number="岚纪〔2026〕7号", reason_code="discipline_inspection")
    with opened.reading() as session:
        assert session.scalars(select(CaseLink.case_number)).all() == ["岚纪〔2026〕7号"]
        assert [d.action for d in history(session, leads["T4"].finding_id)] == ["start", "confirm", "refer"]
    trail = verify(opened)
    assert trail.whole
    assert trail.records == 4
