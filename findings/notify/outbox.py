"""The outbox: what a scan has to tell, written in the scan's own transaction.

So a scan that was recorded is told, one that was not is not, and a process that dies in between loses nothing. A
message names findings by id with what routing needs (family, tier, region, amount) and no person: the receiver reads
the rest by the API, where its rights hold and the audit trail sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.notify.models import Delivery, Subscription
from findings.notify.subscriptions import wanted_by
from findings.store.base import now
from findings.store.diffing import ScanDiff
from findings.store.models import FindingRow, ScanRun

FINDINGS_A_MESSAGE = 500
"""More are told in parts, each of which says how many there are: nothing is left out."""

_BATCH = 2_000


def enqueue(session: Session, run: ScanRun, diff: ScanDiff) -> int:
    """Write one message (or as many parts as it needs) for each active subscription that the scan concerns.

    An `InScan` of the recording. A scan without anything for a subscription sends it nothing. Findings that are new
    or returned but cleared by an innocent explanation are not told.

    Returns:
        How many messages were written.
    """
    active = select(Subscription).where(Subscription.active).order_by(Subscription.id)
    subscriptions = [(subscription, wanted_by(subscription)) for subscription in session.scalars(active)]
    if not subscriptions:
        return 0
    fitting: dict[str, list[dict[str, Any]]] = {subscription.id: [] for subscription, _ in subscriptions}
    for row in _changed(session, run.id):
        if row.status == "cleared" and row.state in ("new", "returned"):
            continue
        told = _told(row)
        for subscription, wanted in subscriptions:
            if wanted.fits(row):
                fitting[subscription.id].append(told)
    written = 0
    for subscription, _ in subscriptions:
        for delivery in _messages(subscription, run, fitting[subscription.id]):
            session.add(delivery)
            written += 1
    session.flush()
    return written


def _changed(session: Session, run_id: int) -> Iterator[FindingRow]:
    """What the run changed, by tier and id, a page at a time."""
    place = FindingRow.tier, FindingRow.finding_id
    query = select(FindingRow).where(FindingRow.changed_run == run_id).order_by(*place)
    yield from session.scalars(query.execution_options(yield_per=_BATCH))


def _told(row: FindingRow) -> dict[str, Any]:
    return {
        "finding_id": row.finding_id,
        "detector": row.detector,
        "family": row.family,
        "tier": row.tier,
        "status": row.status,
        "state": row.state,
        "triage": row.triage,
        "region": row.region,
        "amount": row.amount,
        "version": row.version,
    }


def _messages(subscription: Subscription, run: ScanRun, told: Sequence[dict[str, Any]]) -> Iterator[Delivery]:
    parts = [told[start : start + FINDINGS_A_MESSAGE] for start in range(0, len(told), FINDINGS_A_MESSAGE)]
    for number, part in enumerate(parts, 1):
        # The same scan told to the same subscription has the same id, whatever happens: a receiver keeps it once.
        name = f"{subscription.id}/{run.id}/{number}"
        delivery_id = f"d_{hashlib.sha256(name.encode()).hexdigest()[:20]}"
        body = {
            "event": "scan.findings",
            "delivery": delivery_id,
            "part": number,
            "parts": len(parts),
            "run": run.id,
            "scan_id": run.scan_id,
            "snapshot_id": run.snapshot_id,
            "data_as_of": run.data_as_of,
            "total": len(told),
            "counts": {state: sum(item["state"] == state for item in told) for state in subscription.states},
            "findings": part,
        }
        yield Delivery(
            id=delivery_id,
            subscription_id=subscription.id,
            run_id=run.id,
            part=number,
            body=orjson.dumps(body).decode(),
            next_at=now(),
        )
