"""The findings of a scan, sorted by what became of each since the store last saw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.store.evidence import Prepared
from findings.store.models import FindingRow, State


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has of a finding before the scan."""

    state: str
    evidence_hash: str
    document_hash: str
    evidence_run: int


class Sorting:
    """The findings of a scan sorted by what became of them. Those that did not change at all are not kept."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self.known = known
        self.altered: dict[State, list[Prepared]] = {State.NEW: [], State.CHANGED: [], State.RETURNED: []}
        self.moved: list[Prepared] = []
        """Unchanged in their evidence; a name, a score or the place of a row in its file is another one."""
        self.unchanged = 0
        self._seen: set[str] = set()

    def add(self, prepared: Prepared) -> None:
        """Take in a finding of the scan."""
        known = self.known.get(prepared.finding_id)
        self._seen.add(prepared.finding_id)
        if known is None:
            self.altered[State.NEW].append(prepared)
        elif known.state == State.GONE:
            self.altered[State.RETURNED].append(prepared)
        elif known.evidence_hash != prepared.columns["evidence_hash"]:
            self.altered[State.CHANGED].append(prepared)
        else:
            self.unchanged += 1
            if known.document_hash != prepared.columns["document_hash"]:
                self.moved.append(prepared)

    def ids(self, state: State) -> tuple[str, ...]:
        """The ids of the findings that are now new, changed or returned, sorted."""
        return tuple(sorted(prepared.finding_id for prepared in self.altered[state]))

    @property
    def gone(self) -> tuple[str, ...]:
        """The ids of the findings that the scan no longer found, sorted. Complete once all were added."""
        return tuple(sorted(name for name, k in self.known.items() if name not in self._seen and k.state != State.GONE))

    @property
    def other_evidence(self) -> list[Prepared]:
        """Findings known before whose evidence is not the one that a decision was made on."""
        known_before = [*self.altered[State.CHANGED], *self.altered[State.RETURNED]]
        return [p for p in known_before if self.known[p.finding_id].evidence_hash != p.columns["evidence_hash"]]


def read_known(session: Session, detectors: Sequence[str]) -> dict[str, Known]:
    """What the store has of the findings of some detectors."""
    columns = (
        FindingRow.finding_id,
        FindingRow.state,
        FindingRow.evidence_hash,
        FindingRow.document_hash,
        FindingRow.evidence_run,
    )
    rows = session.execute(select(*columns).where(FindingRow.detector.in_(detectors)).order_by(FindingRow.finding_id))
    return {row.finding_id: Known(*row[1:]) for row in rows}
