"""Taking data out: who does, for what, and whether a second person agreed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.guard import principal, purpose
from api.platform import platform_of
from api.problems import ApiProblem
from findings.access.approvals import ask, export_subject, use
from findings.access.errors import AccessError
from viz.watermark import Watermark


def watermark(request: Request) -> Watermark:
    """The mark of an export: its user, the moment, the purpose."""
    return Watermark(principal(request).name, datetime.now(UTC), purpose(request))


def approved(request: Request, what: str, parameters: Mapping[str, Any]) -> None:
    """Spend the second person's approval of exactly this export; without one, ask for it.

    Raises:
        ApiProblem: a second person has to agree first; `approval_id` is the question that was filed.
    """
    platform, who = platform_of(request), principal(request)
    if not platform.settings.two_person:
        return
    subject = export_subject(what, parameters)
    try:
        with platform.store.session() as session:
            use(session, who, "export", subject)
            return
    except AccessError as error:
        if error.key != "trust_needs_second":
            raise
    with platform.store.session() as session:
        reason = purpose(request) or what
        approval = ask(session, who, "export", subject, payload={"what": what, **parameters}, reason=reason).id
    raise ApiProblem("api_second_person", approval=approval, more={"approval_id": approval})


def attachment(content: bytes | str, media_type: str, name: str) -> Response:
    """A file to keep; never shown inside the page. `name` is made of ids and plain words."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    return Response(
        content.encode() if isinstance(content, str) else content,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store"},
    )
