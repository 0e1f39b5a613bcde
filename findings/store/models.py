"""The tables of scans, of findings over time, and of what people decide about them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from findings.store.base import Base, now


class RunState(StrEnum):
    """Where a scan stands."""

    QUEUED = "queued"
    """Asked for; no process has taken it yet."""
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    """Stored nothing; `error` says why."""


class State(StrEnum):
    """What the last scan that ran a finding's detector said of it, against the scan before."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    """The same matter with other evidence."""
    GONE = "gone"
    """No longer found."""
    RETURNED = "returned"
    """Found again after it had gone."""


CURRENT = (State.NEW, State.UNCHANGED, State.CHANGED, State.RETURNED)
"""The states of findings that the last scan found."""


class Triage(StrEnum):
    """What people have decided about a finding so far."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    """Worth pursuing: still a lead, never a verdict."""
    DISMISSED = "dismissed"
    """Set aside until its evidence changes."""
    REFERRED = "referred"
    """Handed on under a case number."""
    EXPIRED = "expired"
    """Nobody confirmed it within the retention period."""


class ScanRun(Base):
    """One scan: what it ran on, with what, and what came of it."""

    __tablename__ = "scan_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[str | None] = mapped_column(String(16))
    """Hash of snapshot, detector versions and parameters; equal for a repeated scan."""
    snapshot_id: Mapped[str | None] = mapped_column(String(64))
    data_as_of: Mapped[date | None]
    engine: Mapped[str] = mapped_column(String(16))
    profile: Mapped[str] = mapped_column(String(255))
    changed_only: Mapped[bool] = mapped_column(default=False)
    trigger: Mapped[str] = mapped_column(String(16))
    """cli, api or schedule."""
    actor: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default=RunState.QUEUED, index=True)
    queued_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[dict[str, Any] | None]
    """Why it failed, `{"zh": …, "en": …}`."""
    step: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    step_name: Mapped[str | None] = mapped_column(String(64))
    """The detector that is running, number `step` of `steps`."""
    detectors: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Version by detector; findings of other detectors were left as they were."""
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Hash by detector of all that its findings depend on: equal inputs, equal findings."""
    report: Mapped[list[Any]] = mapped_column(default=list)
    """What each detector judged, flagged, cleared and could not judge."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Findings by `State`."""


class FindingRow(Base):
    """A finding as it stands now. Its document is kept with the version of its evidence."""

    __tablename__ = "findings"
    __table_args__ = (
        Index("ix_findings_order", "tier", text("amount_value DESC"), "finding_id"),
        Index("ix_findings_amount", text("amount_value DESC"), "finding_id"),
        Index("ix_findings_score", text("score DESC"), "finding_id"),
        Index("ix_findings_region", "region", "tier"),
        Index("ix_findings_changed", text("changed_run DESC"), "finding_id"),
        # What facets count and most filters ask is in this index whole, a quarter of the table.
        Index(
            "ix_findings_facets",
            "state",
            "triage",
            "status",
            "tier",
            "family",
            "detector",
            "region",
            "amount_value",
            "finding_id",
        ),
    )

    finding_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    detector: Mapped[str] = mapped_column(String(64), index=True)
    detector_version: Mapped[int]
    family: Mapped[str] = mapped_column(String(32), index=True)
    tier: Mapped[str] = mapped_column(String(1))
    status: Mapped[str] = mapped_column(String(8))
    """flagged, or cleared by an innocent explanation."""
    state: Mapped[str] = mapped_column(String(10))
    triage: Mapped[str] = mapped_column(String(10), default=Triage.OPEN)
    score: Mapped[float]
    rank: Mapped[float]
    amount_value: Mapped[int] = mapped_column(BigInteger, default=0)
    """Money touched, in minor units; 0 where there is no `currency`."""
    currency: Mapped[str | None] = mapped_column(String(3))
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    region: Mapped[str | None] = mapped_column(String(12))
    """The smallest administrative region that contains all of the finding."""
    agency_id: Mapped[str | None] = mapped_column(String(255), index=True)
    """The buyer, debtor or grantor; null where there is none or more than one."""
    agency_name: Mapped[str | None] = mapped_column(Text)
    headline_zh: Mapped[str] = mapped_column(Text)
    headline_en: Mapped[str] = mapped_column(Text)
    entity_count: Mapped[int]
    evidence_hash: Mapped[str] = mapped_column(String(32))
    """Of what a person sees as evidence; a dismissal holds while it stays."""
    document_hash: Mapped[str] = mapped_column(String(32))
    first_run: Mapped[int] = mapped_column(ForeignKey("scan_runs.id"))
    last_run: Mapped[int] = mapped_column(ForeignKey("scan_runs.id"))
    """The last scan that found it."""
    changed_run: Mapped[int] = mapped_column(ForeignKey("scan_runs.id"))
    """The last scan in which it was new, changed, gone or returned."""
    evidence_run: Mapped[int]
    """The scan whose version holds the document."""
    assignee: Mapped[str | None] = mapped_column(String(64), index=True)
    triaged_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    """When its content was erased, because it had expired and was no longer found."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change that a reader can see, other than `last_run`."""

    evidence: Mapped[FindingVersion] = relationship(
        primaryjoin=lambda: (
            (FindingRow.finding_id == remote(foreign(FindingVersion.finding_id)))
            & (FindingRow.evidence_run == remote(foreign(FindingVersion.run_id)))
        ),
        viewonly=True,
    )
    seen_in: Mapped[ScanRun] = relationship(foreign_keys=[last_run], viewonly=True)
    entities: Mapped[list[FindingEntity]] = relationship(order_by="FindingEntity.position", viewonly=True)

    @property
    def document(self) -> dict[str, Any]:
        """The finding in the findings format, as the last scan that found it wrote it."""
        as_of = self.seen_in.data_as_of
        return {
            **orjson.loads(self.evidence.document or "{}"),
            "data_as_of": as_of.isoformat() if as_of else None,
            "scan_id": self.seen_in.scan_id,
        }

    @property
    def amount(self) -> dict[str, Any] | None:
        """The money touched, as in the findings format."""
        return {"value": self.amount_value, "currency": self.currency} if self.currency else None


class FindingEntity(Base):
    """A party, tender, contract… of a finding. Role `agency` marks public bodies that follow from the others,
    role `evidence` parties that stand in the evidence only."""

    __tablename__ = "finding_entities"
    __table_args__ = (Index("ix_finding_entities_entity", "entity_id", "role"),)

    finding_id: Mapped[str] = mapped_column(
        String(20), ForeignKey("findings.finding_id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(32))
    name: Mapped[str | None] = mapped_column(Text)


class FindingVersion(Base):
    """What a scan said of a finding when it said something else than the scan before."""

    __tablename__ = "finding_versions"
    __table_args__ = (Index("ix_finding_versions_run", "run_id", "outcome"),)

    finding_id: Mapped[str] = mapped_column(String(20), ForeignKey("findings.finding_id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("scan_runs.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(10))
    """A `State` other than unchanged."""
    evidence_hash: Mapped[str] = mapped_column(String(32))
    document: Mapped[str | None] = mapped_column(Text)
    """JSON in the findings format, without `data_as_of` and `scan_id`; null where the finding has gone."""


class Decision(Base):
    """One step of a finding's triage. Never changed or removed: the history of a finding is all of them."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[str] = mapped_column(String(20), ForeignKey("findings.finding_id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(64))
    """A user's id, or `system`."""
    action: Mapped[str] = mapped_column(String(16))
    triage_before: Mapped[str] = mapped_column(String(10))
    triage_after: Mapped[str] = mapped_column(String(10))
    reason_code: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)
    assignee: Mapped[str | None] = mapped_column(String(64))
    case_number: Mapped[str | None] = mapped_column(String(128))
    evidence_hash: Mapped[str] = mapped_column(String(32))
    """The evidence that was decided on."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("scan_runs.id"))
    details: Mapped[dict[str, Any] | None]
    """What changed in the evidence, where a scan reopened it."""


class Comment(Base):
    """A remark on a finding."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[str] = mapped_column(String(20), ForeignKey("findings.finding_id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    author: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)


class CaseLink(Base):
    """A case number of the case system that a finding belongs to."""

    __tablename__ = "case_links"
    __table_args__ = (UniqueConstraint("finding_id", "case_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[str] = mapped_column(String(20), ForeignKey("findings.finding_id"))
    case_number: Mapped[str] = mapped_column(String(128), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(64))


class SavedFilter(Base):
    """A named selection of findings that a user keeps."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Idempotency(Base):
    """The answer to a request that may be sent twice: the second one gets it again."""

    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    """Of method, path and body: the same key for another request is refused."""
    status: Mapped[int | None]
    response: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
