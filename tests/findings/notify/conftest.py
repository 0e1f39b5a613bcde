"""Scans to tell about, and a receiver to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from findings.notify.models import Subscription
from findings.notify.outbox import enqueue
from findings.notify.subscriptions import Wanted, create_subscription
from findings.settings import Settings
from findings.store.database import Store
from findings.store.diffing import ScanDiff
from findings.store.models import FindingRow, RunState, ScanRun
from tests.findings.notify.receiver import Receiver

FAMILIES = ("bid_rigging", "arrears")

Record = Callable[..., int]
Subscribe = Callable[..., Subscription]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(workspace=tmp_path, webhook_timeout=2, webhook_attempts=3, _env_file=None)  # type: ignore[call-arg]


def finding(number: int, run: int, **changes: Any) -> FindingRow:
    """A lead as a scan leaves it in the store."""
    fields: dict[str, Any] = {
        "finding_id": f"{number:020x}", "detector": "same_device", "detector_version": 1, "family": "bid_rigging",
        "tier": "A", "status": "flagged", "state": "new", "score": 0.5, "rank": 1.0, "amount_value": 500_000_00,
        "currency": "CNY", "region": "330102", "headline_zh": "张三与李四共用设备", "headline_en": "shared device",
        "entity_count": 2, "evidence_hash": "e", "document_hash": "d", "first_run": run, "last_run": run,
        "changed_run": run, "evidence_run": run,
    }  # fmt: skip
    return FindingRow(**(fields | changes))


@pytest.fixture
def record(store: Store) -> Record:
    """Records a scan that left these findings, with its messages in the same transaction; returns the run."""

    def record(rows: list[dict[str, Any]]) -> int:
        with store.session() as session:
            run = ScanRun(engine="embedded", profile="national", trigger="cli", actor="local", scan_id="5c4a",
                          snapshot_id="51ab", state=RunState.COMPLETE)  # fmt: skip
            session.add(run)
            session.flush()
            session.add_all(finding(number, run.id, **row) for number, row in enumerate(rows))
            session.flush()
            enqueue(session, run, ScanDiff(None, run.id, (), (), (), (), 0))
            return run.id

    return record


@pytest.fixture
def subscribe(store: Store, receiver: Receiver) -> Subscribe:
    """Subscribes the receiver, or another target."""

    def subscribe(target: str | None = None, *, kind: Any = "webhook", **wanted: Any) -> Subscription:
        with store.session() as session:
            return create_subscription(
                session, "办案系统", kind, target or receiver.url, Wanted(**wanted), known_families=FAMILIES,
                actor="local",
            )  # fmt: skip

    return subscribe
