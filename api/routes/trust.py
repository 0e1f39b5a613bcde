"""The audit trail, the recusal list, and what needs a second person."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import Line, Listed, Note, PathId, Word, listed
from api.guard import GuardedRoute, came_of_it, principal, subject_of
from api.models import Items
from api.platform import platform_of
from api.problems import ApiProblem
from api.routes.graph import checked
from api.scope import answers_for, lead
from findings.access.approvals import decide, find_approval, list_approvals, withdraw
from findings.access.models import Approval, Recusal, User
from findings.access.principal import Principal
from findings.access.recusal import add_recusal, end_recusal, list_recusals
from findings.access.users import find_user, list_users
from findings.audit.trail import AuditFilter, read
from findings.audit.verifying import stored_anchors, verify
from queries.explore.shapes import node_id

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["trust"])

Moment = Annotated[AwareDatetime | None, Query(description="ISO time with its zone.")]
Filtered = Annotated[str | None, Query(max_length=300), Line]


class NewRecusal(BaseModel):
    """A party that a user stays away from."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"user": "li.na", "party_id": "O1", "reason": "配偶任职"}]}
    )
    user: Word = Field(description="Name or id of a user.")
    party_id: Word
    reason: Annotated[Note, Field(min_length=1, max_length=1_000)]


class Verdict(BaseModel):
    """The second person's answer. A refusal needs a note."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"granted": True, "note": None}]})
    granted: bool
    note: Annotated[Note, Field(max_length=1_000)] | None = None


@router.get("/audit", response_model=Items)
def audit(
    request: Request,
    actor: Filtered = None,
    action: Filtered = None,
    subject: Filtered = None,
    since: Moment = None,
    until: Moment = None,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="Only records with a smaller number.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """The newest records that fit, newest first. `next` is the `before` of the page that follows."""
    wanted = AuditFilter(actor, action, subject, since, until, before)
    with platform_of(request).store.reading() as session:
        records = read(session, wanted, limit=limit + 1)
    more = len(records) > limit
    records = records[:limit]
    return answer(
        {
            "items": [record.as_dict() for record in records],
            "total": len(records),
            "next": records[-1].seq if more else None,
        }
    )


@router.get("/audit/verify", response_model=dict[str, Any])
def audit_verify(request: Request) -> Response:
    """Check every record against its hash, its neighbours and the anchors."""
    return answer(verify(platform_of(request).store).as_dict())


@router.get("/audit/anchors", response_model=Items)
def audit_anchors(request: Request) -> Response:
    """The daily anchors: kept elsewhere, they prove that nothing before them was altered."""
    with platform_of(request).store.reading() as session:
        anchors = [anchor.as_dict() for anchor in stored_anchors(session)]
    return answer({"items": anchors, "total": len(anchors)})


@router.get("/recusals", response_model=Items)
def recusals(request: Request, ended: bool = False) -> Response:
    """Who stays away from whom, as far as the caller keeps it; with `ended` also what is over."""
    who = principal(request)
    with platform_of(request).store.reading() as session:
        users = {user.id: user for user in list_users(session)}
        found = list_recusals(session, ended=ended)
        items = [_recusal(recusal) for recusal in found if answers_for(who, users.get(recusal.user_id))]
    return answer({"items": items, "total": len(items)})


@router.post("/recusals", response_model=dict[str, Any], status_code=201)
def new_recusal(request: Request, body: NewRecusal) -> Response:
    """Keep a user from a party."""
    platform = platform_of(request)
    with platform.store.session() as session:
        user = find_user(session, body.user)
        if not answers_for(principal(request), user):
            raise ApiProblem("api_outside_scope")
        added = add_recusal(session, user.id, body.party_id, reason=body.reason, actor=principal(request).id)
        session.flush()
        shown = _recusal(added)
    platform.callers.forget()
    came_of_it(request, "recusal.create", f"recusals/{shown['id']} {shown['user_id']} {shown['party_id']}")
    return answer(shown, status=201)


@router.delete("/recusals/{recusal_id}", status_code=204, response_class=Response)
def gone_recusal(request: Request, recusal_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """End a recusal; it stays on record. Nobody ends their own."""
    platform = platform_of(request)
    with platform.store.session() as session:
        recusal = session.get(Recusal, recusal_id)
        if recusal is not None and not answers_for(principal(request), session.get(User, recusal.user_id)):
            raise ApiProblem("api_not_found")
        end_recusal(session, recusal_id, actor=principal(request).accountable_id)
    platform.callers.forget()
    return Response(status_code=204)


@router.get("/approvals", response_model=Items)
def approvals(request: Request, states: Listed = None) -> Response:
    """What the caller asked for; for one who decides, also what others ask about leads and parties inside the scope."""
    who = principal(request)
    with platform_of(request).store.reading() as session:
        found = list_approvals(session, who, states=listed(states) or None)
    items = [_approval(a, who) for a in found if a.asked_by == who.accountable_id or _may_see(request, a)]
    return answer({"items": items, "total": len(items)})


@router.post("/approvals/{approval_id}/decide", response_model=dict[str, Any])
def decided(request: Request, approval_id: PathId, body: Verdict) -> Response:
    """Grant or refuse what another person asked for. Who asked sends the granted request again, within a day."""
    who, platform = principal(request), platform_of(request)
    with platform.store.reading() as session:
        asked = find_approval(session, approval_id)
    _check_subject(request, asked)
    with platform.store.session() as session:
        approval = decide(session, who, approval_id, granted=body.granted, note=body.note)
        shown = _approval(approval, who)
    about = _nodes(asked) if "finding_id" not in asked.payload else [f"findings/{asked.payload['finding_id']}"]
    came_of_it(request, "approval.decide", subject_of(f"approvals/{approval_id} {shown['state']} {asked.kind}", about))
    return answer(shown)


@router.delete("/approvals/{approval_id}", status_code=204, response_class=Response)
def taken_back(request: Request, approval_id: PathId) -> Response:
    """Take back one's own question."""
    with platform_of(request).store.session() as session:
        withdraw(session, principal(request), approval_id)
    return Response(status_code=204)


def _check_subject(request: Request, asked: Approval) -> None:
    """Refuse a question about a lead or about parties that the caller may not see.

    Raises:
        ApiProblem: one is outside the scope, or a recused party takes part.
    """
    if finding := asked.payload.get("finding_id"):
        with platform_of(request).store.reading() as session:
            lead(session, principal(request), finding)
    checked(request, _nodes(asked))


def _nodes(asked: Approval) -> list[str]:
    """The nodes of the graph that a question names."""
    party = asked.payload.get("party_id")
    return [node_id("Party", party)] if party else list(asked.payload.get("nodes", ()))


def _may_see(request: Request, asked: Approval) -> bool:
    try:
        _check_subject(request, asked)
    except ApiProblem:
        return False
    return True


def _recusal(recusal: Recusal) -> dict[str, Any]:
    return {
        "id": recusal.id,
        "user_id": recusal.user_id,
        "party_id": recusal.party_id,
        "reason": recusal.reason,
        "added_at": recusal.added_at,
        "added_by": recusal.added_by,
        "ended_at": recusal.ended_at,
        "ended_by": recusal.ended_by,
    }


def _approval(approval: Approval, who: Principal) -> dict[str, Any]:
    return {
        "id": approval.id,
        "kind": approval.kind,
        "subject": approval.subject,
        "payload": approval.payload,
        "reason": approval.reason,
        "state": approval.state,
        "asked_by": approval.asked_by,
        "asked_at": approval.asked_at,
        "expires_at": approval.expires_at,
        "decided_by": approval.decided_by,
        "decided_at": approval.decided_at,
        "note": approval.note,
        "mine": approval.asked_by == who.accountable_id,
    }
