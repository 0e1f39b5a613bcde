"""The rule of two persons (maker–checker): one asks, another decides, then it happens once.

Referrals and exports of personal data go this way. `ask` records the question, `decide` the answer of somebody who is
not the one who asked, `use` spends a granted one. A key and its owner count as one person.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from findings.access.errors import AccessError
from findings.access.models import Approval
from findings.access.principal import Principal
from findings.access.rights import Right
from findings.store.base import now

Kind = Literal["referral", "export"]

ASKING: dict[Kind, Right] = {"referral": Right.FINDINGS_REFER, "export": Right.EXPORT_PERSONAL}

PENDING_FOR = timedelta(days=14)
GRANTED_FOR = timedelta(hours=24)
"""What was granted for a purpose of today is not for one of next month."""


def export_subject(what: str, parameters: Mapping[str, Any]) -> str:
    """What an export approval is for: the same export has the same subject, another one another.

    >>> export_subject("finding_dossier", {"finding_id": "ab", "language": "zh"})
    'export/finding_dossier/cabe75728da1f0e53b4d'
    """
    digest = hashlib.sha256(orjson.dumps(dict(parameters), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"export/{what}/{digest[:20]}"


def ask(
    session: Session, principal: Principal, kind: Kind, subject: str, *, payload: Mapping[str, Any], reason: str
) -> Approval:
    """Ask another person; who asked the same before gets that question again, with its state.

    Args:
        session: of `Store.session()`.
        principal: who asks.
        kind: what it is about.
        subject: exactly what, as ids.
        payload: what is to happen once it is granted; ids and reason codes, no names.
        reason: why, for the one who decides.

    Raises:
        AccessError: the principal may not ask for this, or gives no reason.
    """
    if not principal.may(ASKING[kind]):
        raise AccessError("trust_may_not_ask")
    if not reason.strip():
        raise AccessError("trust_reason_needed")
    expire(session)
    if opened := _open_one(session, principal, kind, subject):
        return opened
    approval = Approval(
        id=f"a_{secrets.token_hex(8)}",
        kind=kind,
        subject=subject,
        payload=dict(payload),
        reason=reason.strip(),
        asked_by=principal.accountable_id,
        expires_at=now() + PENDING_FOR,
    )
    try:
        with session.begin_nested():
            session.add(approval)
    except IntegrityError:  # The same question came at the same moment, on PostgreSQL.
        return _open_one(session, principal, kind, subject) or approval
    return approval


def decide(session: Session, principal: Principal, approval_id: str, *, granted: bool, note: str | None) -> Approval:
    """Grant or refuse what another person asked for.

    Whether the one who decides may see the subject (scope, recusal) is for the caller to check before.

    Raises:
        AccessError: the principal may not decide, asked for it themselves, gives no note with a refusal, or there is
            nothing pending with this id.
    """
    if not principal.may(Right.APPROVALS_DECIDE):
        raise AccessError("trust_may_not_decide")
    if not granted and not (note or "").strip():
        raise AccessError("trust_reason_needed")
    approval = find_approval(session, approval_id)
    if approval.asked_by == principal.accountable_id:
        raise AccessError("trust_two_persons")
    moment = now()
    if approval.expires_at <= moment:
        raise AccessError("trust_not_pending", approval=approval_id)
    values: dict[str, Any] = {
        "state": "granted" if granted else "refused",
        "decided_by": principal.accountable_id,
        "decided_at": moment,
        "note": note,
    }
    if granted:
        values["expires_at"] = moment + GRANTED_FOR
    _change(session, approval, "pending", values)
    return approval


def use(session: Session, principal: Principal, kind: Kind, subject: str) -> Approval:
    """Spend the approval that was granted to this principal for exactly this subject; each is spent once.

    Raises:
        AccessError: there is none: ask for it first, or wait for the decision.
    """
    approval = _open_one(session, principal, kind, subject)
    if approval is None or approval.state != "granted" or approval.expires_at <= now():
        raise AccessError("trust_needs_second")
    _change(session, approval, "granted", {"state": "used", "used_at": now()})
    return approval


def withdraw(session: Session, principal: Principal, approval_id: str) -> Approval:
    """Take one's own question back.

    Raises:
        AccessError: it is somebody else's, or not pending.
    """
    approval = find_approval(session, approval_id)
    if approval.asked_by != principal.accountable_id:
        raise AccessError("trust_no_approval", approval=approval_id)
    _change(session, approval, "pending", {"state": "withdrawn", "decided_by": approval.asked_by, "decided_at": now()})
    return approval


def expire(session: Session) -> int:
    """Close what was not decided, or not used, in time; returns how many."""
    overdue = update(Approval).where(Approval.state.in_(("pending", "granted")), Approval.expires_at <= now())
    result = session.execute(overdue.values(state="expired").returning(Approval.id))
    return len(result.all())


def find_approval(session: Session, approval_id: str) -> Approval:
    """An approval by its id.

    Raises:
        AccessError: there is none.
    """
    approval = session.get(Approval, approval_id)
    if approval is None:
        raise AccessError("trust_no_approval", approval=approval_id)
    return approval


def list_approvals(
    session: Session, principal: Principal, *, states: Iterable[str] | None = None, limit: int = 200
) -> list[Approval]:
    """What the principal asked for, and, for one who decides, what others ask: what waits first, then newest first."""
    waits_first = Approval.state != "pending"
    query = select(Approval).order_by(waits_first, Approval.asked_at.desc(), Approval.id).limit(limit)
    if states is not None:
        query = query.where(Approval.state.in_(list(states)))
    if not principal.may(Right.APPROVALS_DECIDE):
        query = query.where(Approval.asked_by == principal.accountable_id)
    return list(session.scalars(query))


def _open_one(session: Session, principal: Principal, kind: Kind, subject: str) -> Approval | None:
    query = select(Approval).where(
        Approval.kind == kind,
        Approval.subject == subject,
        Approval.asked_by == principal.accountable_id,
        Approval.state.in_(("pending", "granted")),
    )
    return session.scalars(query).one_or_none()


def _change(session: Session, approval: Approval, from_state: str, values: dict[str, Any]) -> None:
    """Move on from a state, unless somebody else did so a moment before."""
    moved = session.execute(
        update(Approval)
        .where(Approval.id == approval.id, Approval.state == from_state)
        .values(values)
        .returning(Approval.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if moved is None:
        raise AccessError("trust_not_pending", approval=approval.id)
    session.refresh(approval)
