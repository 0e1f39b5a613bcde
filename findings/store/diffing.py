"""The difference of two scans: what is new, changed, gone, returned, and what stayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from findings.store.errors import StoreError
from findings.store.models import FindingVersion, RunState, ScanRun, State


@dataclass(frozen=True, slots=True)
class ScanDiff:
    """Finding ids by what became of them from one scan to a later one; those that stayed are only counted."""

    before: int | None
    """The earlier run; None where there was none."""
    after: int
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    returned: tuple[str, ...]
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """How many of each state."""
        return {
            State.NEW.value: len(self.new),
            State.CHANGED.value: len(self.changed),
            State.GONE.value: len(self.gone),
            State.RETURNED.value: len(self.returned),
            State.UNCHANGED.value: self.unchanged,
        }

    def as_dict(self) -> dict[str, Any]:
        """As JSON: counts, and the ids of all that did not stay."""
        return {
            "before": self.before,
            "after": self.after,
            "counts": self.counts,
            "new": list(self.new),
            "changed": list(self.changed),
            "gone": list(self.gone),
            "returned": list(self.returned),
        }


def complete_run(session: Session, run_id: int) -> ScanRun:
    """A complete scan.

    Raises:
        StoreError: there is none of that number, or it is not complete.
    """
    run = session.get(ScanRun, run_id)
    if run is None:
        raise StoreError("store_no_run", run=run_id)
    if run.state != RunState.COMPLETE:
        raise StoreError("store_run_incomplete", run=run_id, state=run.state)
    return run


def diff(session: Session, before: int, after: int) -> ScanDiff:
    """What differs between two complete scans, in either order of asking: the smaller number is the earlier one.

    Both are taken as the state of all findings after the scan, so that scans of other detectors compare too.

    Raises:
        StoreError: one of them is not there, or not complete.
    """
    before, after = sorted((complete_run(session, before).id, complete_run(session, after).id))
    old, new = _as_of(before), _as_of(after)
    rows = session.execute(
        select(new.c.finding_id, old.c.outcome, old.c.evidence_hash, new.c.outcome, new.c.evidence_hash)
        .outerjoin_from(new, old, old.c.finding_id == new.c.finding_id)
        .order_by(new.c.finding_id)
    )
    found: dict[State, list[str]] = {state: [] for state in State}
    for finding_id, was, had, now, has in rows:
        outcome = _outcome(was, had, now, has)
        if outcome is not None:
            found[outcome].append(finding_id)
    return ScanDiff(
        before=before,
        after=after,
        new=tuple(found[State.NEW]),
        changed=tuple(found[State.CHANGED]),
        gone=tuple(found[State.GONE]),
        returned=tuple(found[State.RETURNED]),
        unchanged=len(found[State.UNCHANGED]),
    )


def _as_of(run_id: int) -> Subquery:
    """The last version of each finding up to a run."""
    last = (
        select(FindingVersion.finding_id, func.max(FindingVersion.run_id).label("run_id"))
        .where(FindingVersion.run_id <= run_id)
        .group_by(FindingVersion.finding_id)
        .subquery()
    )
    return (
        select(FindingVersion.finding_id, FindingVersion.outcome, FindingVersion.evidence_hash)
        .join(last, (last.c.finding_id == FindingVersion.finding_id) & (last.c.run_id == FindingVersion.run_id))
        .subquery()
    )


def _outcome(was: str | None, had: str | None, now: str, has: str) -> State | None:
    """What became of a finding; None where neither scan has it."""
    if was is None:
        return None if now == State.GONE else State.NEW
    if was == State.GONE:
        return None if now == State.GONE else State.RETURNED
    if now == State.GONE:
        return State.GONE
    return State.UNCHANGED if had == has else State.CHANGED
