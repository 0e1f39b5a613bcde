"""Deciding on leads: one or many, always on the version that was seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, version_of
from api.fields import FindingId, IfMatch, Lines, Name, Note
from api.guard import GuardedRoute, came_of_it, principal, purpose, subject_of
from api.models import Items, Summary
from api.platform import Platform, platform_of
from api.problems import ApiProblem, as_problem, language
from api.scope import lead
from api.statuses import STATUS
from findings.access.approvals import ask, use
from findings.access.assigning import assignee_of
from findings.access.errors import AccessError
from findings.access.principal import Principal
from findings.access.rights import Right
from findings.store.reasons import reasons, required
from findings.store.summary import ENTITIES, summary
from findings.store.triage import ACTIONS, comment, decide, link_case
from i18n import Language, Problem

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["triage"])

MOST_AT_ONCE = 200
NEEDS: dict[str, Right] = {"assign": Right.FINDINGS_ASSIGN, "refer": Right.FINDINGS_REFER}
"""Rights of single actions, beyond the one to decide."""


class Step(BaseModel):
    """One step: `start`, `confirm`, `dismiss`, `refer`, `reopen`, `assign`. `GET /reasons` has the codes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"action": "start"},
                {"action": "dismiss", "reason_code": "innocent_explanation", "note": "同一标准件供应商，已核对合同"},
            ]
        },
    )
    action: Literal["start", "confirm", "dismiss", "refer", "reopen", "assign"]
    reason_code: Annotated[str, Field(max_length=32, pattern=r"^[a-z_]+$")] | None = None
    note: Note | None = None
    assignee: Annotated[str, Field(min_length=1, max_length=64), Lines] | None = None
    case_number: Annotated[Name, Field(max_length=128)] | None = None


class Seen(BaseModel):
    """A lead and the version of it that was seen."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Steps(Step):
    """The same step for several leads."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"items": [{"id": "0f3c9a1b2d4e5f607182", "version": 1}], "action": "start"}]},
    )
    items: Annotated[list[Seen], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Remark(BaseModel):
    """A comment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "已调取合同原件"}]})
    text: Annotated[Note, Field(min_length=1)]


class Case(BaseModel):
    """A case number of the case system."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"case_number": "浙纪案〔2026〕17号"}]})
    case_number: Annotated[Name, Field(max_length=128)]


@router.get("/reasons", response_model=dict[str, Any])
async def all_reasons(request: Request) -> Response:
    """The reason codes of each action, and which actions need one."""
    items = [reason.as_dict() for reason in reasons()]
    return answer({"items": items, "total": len(items), "required": [name for name in ACTIONS if required(name)]})


@router.post("/findings/triage", response_model=Items)
def decide_many(request: Request, body: Steps) -> Response:
    """Take the same step for several leads; each succeeds or fails by itself, and the answer says which."""
    who, platform, said = principal(request), platform_of(request), language(request)
    results = [_one_of_many(platform, who, seen, body, purpose(request), said) for seen in body.items]
    if done := [result["id"] for result in results if result["ok"]]:
        came_of_it(request, f"finding.{body.action}", subject_of("findings", done))
    return answer({"results": results, "items": results, "total": len(results)})


def _one_of_many(
    platform: Platform, who: Principal, seen: Seen, step: Step, why: str | None, said: Language
) -> dict[str, Any]:
    try:
        row = _decide(platform, who, seen.id, step, seen.version, why)
    except Problem as error:
        problem = as_problem(error)
        if problem.key not in STATUS:
            raise
        more = {"approval_id": problem.more["approval_id"]} if "approval_id" in problem.more else {}
        failed = {"code": problem.key, "status": STATUS[problem.key], "detail": problem.text.in_language(said), **more}
        return {"id": seen.id, "ok": False, "problem": failed}
    return {"id": seen.id, "ok": True, "version": row["version"], "triage": row["triage"]}


@router.post("/findings/{finding_id}/triage", response_model=Summary)
def decide_one(request: Request, finding_id: FindingId, body: Step, if_match: IfMatch) -> Response:
    """Take a step on a lead, on the version in `If-Match`. A referral needs a second person (409, `approval_id`)."""
    version = _version(if_match)
    row = _decide(platform_of(request), principal(request), finding_id, body, version, purpose(request))
    came_of_it(request, f"finding.{body.action}", f"findings/{finding_id}")
    return answer(row, etag=str(row["version"]))


def _version(if_match: str | None) -> int:
    if not if_match:
        raise ApiProblem("api_precondition_required")
    version = version_of(if_match)
    if version is None:
        raise ApiProblem("api_precondition_required")
    return version


def _decide(
    platform: Platform, who: Principal, finding_id: str, step: Step, version: int, why: str | None
) -> dict[str, Any]:
    if not all(map(who.may, _rights_for(step, who))):
        raise ApiProblem("api_forbidden")
    try:
        with platform.store.session() as session:
            assignee, found = step.assignee, lead(session, who, finding_id)
            if assignee is not None and not _oneself(assignee, who):
                assignee = assignee_of(session, assignee, found, platform.ties)
            row = decide(
                session,
                finding_id,
                step.action,
                actor=who.id,
                reason_code=step.reason_code,
                note=step.note,
                assignee=assignee,
                case_number=step.case_number,
                expected_version=version,
            )
            # After it, in one transaction: nobody is asked about a step that could not be taken anyway.
            if step.action == "refer" and platform.settings.two_person:
                _spend(session, who, finding_id, step)
            return summary(row, row.entities[:ENTITIES])
    except AccessError as error:
        if error.key != "trust_needs_second" or not step.case_number:
            raise
    with platform.store.session() as session:
        payload = {"finding_id": finding_id, "case_number": step.case_number, "reason_code": step.reason_code}
        reason = step.note or why or step.case_number
        asked = ask(session, who, "referral", f"finding/{finding_id}", payload=payload, reason=reason)
        approval = asked.id
    raise ApiProblem("api_second_person", approval=approval, more={"approval_id": approval})


def _rights_for(step: Step, who: Principal) -> Iterator[Right]:
    """What a step asks of its caller beyond the right to decide: each of them can name an assignee on the way."""
    if step.action in NEEDS:
        yield NEEDS[step.action]
    if step.assignee is not None and not _oneself(step.assignee, who):
        yield Right.FINDINGS_ASSIGN


def _oneself(assignee: str, who: Principal) -> bool:
    """Whether a caller takes a lead over: one of an identity provider is no user of the store, and may as well."""
    return assignee in (who.id, who.accountable_id)


def _spend(session: Any, who: Principal, finding_id: str, step: Step) -> None:
    """Spend the approval of this referral; one that was given for another case does not count."""
    spent = use(session, who, "referral", f"finding/{finding_id}")
    if spent.payload.get("case_number") != step.case_number:
        raise AccessError("trust_needs_second")


@router.post("/findings/{finding_id}/comments", response_model=dict[str, Any], status_code=201)
def remark(request: Request, finding_id: FindingId, body: Remark) -> Response:
    """Comment on a lead."""
    who = principal(request)
    with platform_of(request).store.session() as session:
        lead(session, who, finding_id)
        added = comment(session, finding_id, author=who.id, text=body.text)
        shown = {"id": added.id, "at": added.at, "author": added.author, "text": added.text}
    return answer(shown, status=201)


@router.post("/findings/{finding_id}/cases", response_model=dict[str, Any], status_code=201)
def case(request: Request, finding_id: FindingId, body: Case) -> Response:
    """Link a lead to a case; doing it twice changes nothing."""
    who = principal(request)
    with platform_of(request).store.session() as session:
        lead(session, who, finding_id)
        link = link_case(session, finding_id, body.case_number, actor=who.id)
        shown = {"case_number": link.case_number, "at": link.at, "actor": link.actor}
    return answer(shown, status=201)
