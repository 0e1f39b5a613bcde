"""Whether a store is sound: its file, its references, and each finding against the hash of its evidence."""

from __future__ import annotations

import orjson
from sqlalchemy import select, text

from findings.store.database import Store
from findings.store.evidence import evidence_hash
from findings.store.migrating import head
from findings.store.models import FindingRow, FindingVersion, State
from i18n import Text, catalogue


def check_store(store: Store) -> list[Text]:
    """What is wrong with a store; empty where nothing is.

    Raises:
        StoreError: it cannot be read at all.
    """
    version = store.version()
    if version != head():
        return [_fault("check_version", version=version or "-", head=head())]
    faults = _check_file(store) if store.dialect == "sqlite" else []
    with store.reading() as session:
        kept = session.execute(
            select(FindingRow.finding_id, FindingRow.evidence_hash, FindingRow.erased_at, FindingVersion.document)
            .outerjoin(
                FindingVersion,
                (FindingVersion.finding_id == FindingRow.finding_id)
                & (FindingVersion.run_id == FindingRow.evidence_run)
                & (FindingVersion.outcome != State.GONE),
            )
            .order_by(FindingRow.finding_id)
            .execution_options(yield_per=500)
        )
        for finding_id, wanted, erased_at, document in kept:
            if erased_at is None and (document is None or evidence_hash(orjson.loads(document)) != wanted):
                faults.append(_fault("check_evidence", finding=finding_id))
    return faults


def _check_file(store: Store) -> list[Text]:
    with store.reading() as session:
        said = [row[0] for row in session.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        dangling = session.execute(text("PRAGMA foreign_key_check")).all()
    faults = [_fault("check_file", reason=reason) for reason in said]
    faults += [_fault("check_reference", table=row[0], row=row[1], target=row[2]) for row in dangling]
    return faults


def _fault(key: str, **values: object) -> Text:
    return catalogue()[f"store.{key}"].format(**values)
