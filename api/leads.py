"""A lead as it is shown: from the store's rows to JSON."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.access.models import User
from findings.store.models import CaseLink, Comment, Decision, FindingRow
from findings.store.reasons import reasons
from findings.store.summary import TITLES, summary
from findings.store.triage import history
from queries.laws import laws
from queries.parameters import described, filled_rule, spoken
from queries.registry import UnknownDetector, detector


def detail(session: Session, row: FindingRow, names: Mapping[str, str]) -> dict[str, Any]:
    """A lead with all that makes it explainable, and the history of its decisions."""
    document = row.document
    comments = session.scalars(select(Comment).where(Comment.finding_id == row.finding_id).order_by(Comment.id)).all()
    cases = session.scalars(select(CaseLink).where(CaseLink.finding_id == row.finding_id).order_by(CaseLink.id)).all()
    decisions = history(session, row.finding_id)
    people = {row.assignee, *(d.actor for d in decisions), *(d.assignee for d in decisions)}
    people |= {c.author for c in comments} | {c.actor for c in cases}
    known = _people(session, people)
    return {
        **summary(row, row.entities),
        "document": document,
        "names": {**names, **{e.entity_id: e.name for e in row.entities if e.name}},
        "detector_meta": detector_meta(row.detector, document.get("parameters", {})),
        "laws": cited(document.get("legal_basis", [])),
        "history": [decision(d) for d in decisions],
        "comments": [{"id": c.id, "at": c.at, "author": c.author, "text": c.text} for c in comments],
        "cases": [{"case_number": c.case_number, "at": c.at, "actor": c.actor} for c in cases],
        "people": known,
    }


def _people(session: Session, ids: set[str | None]) -> dict[str, str]:
    query = select(User.id, User.name).where(User.id.in_([i for i in ids if i]))
    return {row.id: row.name for row in session.execute(query)}


def decision(step: Decision) -> dict[str, Any]:
    """One step of the triage, with its reason in words."""
    reason = _reasons().get((step.action, step.reason_code)) if step.reason_code else None
    return {
        "id": step.id,
        "at": step.at,
        "actor": step.actor,
        "action": step.action,
        "triage_before": step.triage_before,
        "triage_after": step.triage_after,
        "reason_code": step.reason_code,
        "reason": reason,
        "note": step.note,
        "assignee": step.assignee,
        "case_number": step.case_number,
        "evidence_hash": step.evidence_hash,
        "run_id": step.run_id,
        "details": step.details,
    }


@functools.cache
def _reasons() -> dict[tuple[str, str], dict[str, str]]:
    return {(reason.action, reason.code): reason.title.as_dict() for reason in reasons()}


def detector_meta(detector_id: str, used: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says of a detector beside one of its leads: its parameters with the values that were used."""
    try:
        found = detector(detector_id)
    except UnknownDetector:
        return {
            "id": detector_id,
            "title": TITLES[detector_id].as_dict() if detector_id in TITLES else {"zh": detector_id, "en": detector_id},
        }
    defaults = found.parameters().model_dump(mode="json")
    return {
        "id": found.id,
        "title": found.title.as_dict(),
        "question": found.question.as_dict(),
        "rule": filled_rule(found, {name: value for name, value in used.items() if name in defaults}).as_dict(),
        "why": found.why.as_dict(),
        "blind": found.blind.as_dict(),
        "references": list(found.references),
        "innocent": [{"id": twin.id, "title": twin.title.as_dict()} for twin in found.innocent],
        "parameters": [
            {
                "name": name,
                "default": defaults[name],
                "default_text": spoken(found.id, name, defaults[name]).as_dict(),
                "value": used.get(name, defaults[name]),
                "value_text": spoken(found.id, name, used.get(name, defaults[name])).as_dict(),
                "description": meaning.as_dict(),
            }
            for name, meaning in described(found).items()
        ],
    }


def cited(ids: Sequence[str]) -> list[dict[str, Any]]:
    """The rules that a finding cites."""
    known = laws()
    return [
        {
            "id": law.id,
            "statute": law.title.as_dict(),
            "article": law.article.as_dict(),
            "text": law.says.as_dict(),
            "title": law.title.as_dict(),
            "valid_from": law.valid_from,
            "valid_to": law.valid_to,
            "checked": law.checked,
            "source": law.source.as_dict() if law.source else None,
        }
        for law in (known[i] for i in ids if i in known)
    ]
