"""Decisions on findings: who, when, why; every step is kept, and every step can be taken back by another one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.store.base import now
from findings.store.errors import StoreError
from findings.store.models import CaseLink, Comment, Decision, FindingRow, Triage
from findings.store.reasons import codes, required


class VersionConflict(StoreError):
    """The finding changed since the person who decides last read it."""


@dataclass(frozen=True, slots=True)
class Action:
    """A step of triage: from which states it can be taken, and to which it leads (None: it stays)."""

    before: frozenset[Triage]
    after: Triage | None


ACTIONS: dict[str, Action] = {
    "start": Action(frozenset({Triage.OPEN}), Triage.IN_REVIEW),
    "confirm": Action(frozenset({Triage.OPEN, Triage.IN_REVIEW}), Triage.CONFIRMED),
    "dismiss": Action(frozenset({Triage.OPEN, Triage.IN_REVIEW, Triage.CONFIRMED}), Triage.DISMISSED),
    "refer": Action(frozenset({Triage.IN_REVIEW, Triage.CONFIRMED}), Triage.REFERRED),
    "reopen": Action(frozenset(Triage) - {Triage.OPEN}, Triage.OPEN),
    "assign": Action(frozenset(Triage), None),
}
"""What a person can do with a finding."""


def decide(
    session: Session,
    finding_id: str,
    action: str,
    *,
    actor: str,
    reason_code: str | None = None,
    note: str | None = None,
    assignee: str | None = None,
    case_number: str | None = None,
    expected_version: int | None = None,
) -> FindingRow:
    """Take one step, and keep who took it, why, and on which evidence.

    Args:
        session: a writing one.
        finding_id: the finding.
        action: one of `ACTIONS`.
        actor: the user's id.
        reason_code: of `reasons.toml`; some actions need one.
        note: the person's own words.
        assignee: who goes on with it. `start` assigns an unassigned finding to the actor; `assign` with None
            takes it from everybody.
        case_number: the case it goes to; `refer` needs one.
        expected_version: the version that the person saw; None decides in any case.

    Raises:
        VersionConflict: it has another version by now.
        StoreError: no such finding, no such action or reason, or the action cannot follow the finding's state.
    """
    step = ACTIONS.get(action)
    if step is None:
        raise StoreError("store_no_action", action=action, known=", ".join(ACTIONS))
    _check_reason(action, reason_code)
    if action == "refer" and not case_number:
        raise StoreError("store_case_missing")
    row = _locked(session, finding_id, expected_version)
    before = Triage(row.triage)
    if before not in step.before:
        raise StoreError("store_not_allowed", action=action, triage=before.value)
    if action == "start" and assignee is None:
        assignee = row.assignee or actor
    if action == "assign" or assignee is not None:
        row.assignee = assignee
    row.triage = step.after or before
    row.triaged_at = now()
    row.version += 1
    if case_number:
        _link(session, finding_id, case_number, actor)
    session.add(
        Decision(
            finding_id=finding_id,
            actor=actor,
            action=action,
            triage_before=before,
            triage_after=row.triage,
            reason_code=reason_code,
            note=note,
            assignee=row.assignee,
            case_number=case_number,
            evidence_hash=row.evidence_hash,
        )
    )
    session.flush()
    return row


def comment(session: Session, finding_id: str, *, author: str, text: str) -> Comment:
    """Add a remark.

    Raises:
        StoreError: there is no such finding.
    """
    row = _locked(session, finding_id)
    row.version += 1
    remark = Comment(finding_id=finding_id, author=author, text=text)
    session.add(remark)
    session.flush()
    return remark


def link_case(session: Session, finding_id: str, case_number: str, *, actor: str) -> CaseLink:
    """Link a finding to a case; a link that is there stays as it is.

    Raises:
        StoreError: there is no such finding.
    """
    row = _locked(session, finding_id)
    link = _link(session, finding_id, case_number, actor)
    if link in session.new:
        row.version += 1
    session.flush()
    return link


def history(session: Session, finding_id: str) -> list[Decision]:
    """All decisions on a finding, the first one first."""
    return list(session.scalars(select(Decision).where(Decision.finding_id == finding_id).order_by(Decision.id)))


def _locked(session: Session, finding_id: str, expected_version: int | None = None) -> FindingRow:
    """The finding, which nobody else can change before the transaction ends."""
    row = session.get(FindingRow, finding_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise StoreError("store_no_finding", finding=finding_id)
    if expected_version is not None and row.version != expected_version:
        raise VersionConflict("store_version", finding=finding_id, expected=expected_version, version=row.version)
    return row


def _link(session: Session, finding_id: str, case_number: str, actor: str) -> CaseLink:
    there = select(CaseLink).where(CaseLink.finding_id == finding_id, CaseLink.case_number == case_number)
    link = session.scalar(there)
    if link is None:
        link = CaseLink(finding_id=finding_id, case_number=case_number, actor=actor)
        session.add(link)
    return link


def _check_reason(action: str, reason_code: str | None) -> None:
    known = codes(action)
    if reason_code is None:
        if required(action):
            raise StoreError("store_reason_missing", action=action, known=", ".join(known))
    elif reason_code not in known:
        raise StoreError("store_no_reason", action=action, reason=reason_code, known=", ".join(known))
