"""What each route asks of its caller: the one table of access. A route that is not in it is refused, and the app does
not start.

A rule says which right the caller needs, how the caller's scope narrows the answer, what the audit trail records, and
whether the answer holds personal data (then a purpose is asked for, and the record is written before the answer
leaves). Scope and recusal are applied where the data are selected, never after paging.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from findings.access.rights import Right


class Scoping(StrEnum):
    """How a caller's regions, agencies and recusals narrow what a route answers."""

    NONE = "none"
    """Nothing of any region is in the answer."""
    LISTING = "listing"
    """Only leads inside the scope are selected and counted; leads of recused parties are left out."""
    LEAD = "lead"
    """A lead outside the scope is not found; a lead of a recused party is refused with the reason."""
    PARTY = "party"
    """A party must be inside the regions, or take part in a lead inside the scope; a recused one is refused."""
    OWN = "own"
    """Only what belongs to the caller."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one route asks. `right` None stands for any authenticated caller; `public` for nobody in particular."""

    right: Right | None = None
    audit: str | None = None
    personal: bool = False
    scoping: Scoping = Scoping.NONE
    public: bool = False
    audit_first: bool = False
    """Record before the route does anything, because it changes something; else before the answer leaves."""
    export: bool = False
    """An export of personal data: a second person must have approved it, where the setting asks for two."""


def _read(right: Right, audit: str, scoping: Scoping) -> Rule:
    return Rule(right, audit, personal=True, scoping=scoping)


def _write(right: Right | None, audit: str, scoping: Scoping = Scoping.NONE) -> Rule:
    return Rule(right, audit, scoping=scoping, audit_first=True)


def _export(audit: str, scoping: Scoping) -> Rule:
    return Rule(Right.EXPORT_PERSONAL, audit, personal=True, scoping=scoping, export=True)


_PUBLIC = Rule(public=True)
_REFERENCE = Rule(Right.REFERENCE_READ)
V1 = "/api/v1"

RULES: dict[str, Rule] = {
    # --- without authentication: liveness, and the files of the page, which hold no data
    "GET /healthz": _PUBLIC,
    "GET /readyz": _PUBLIC,
    "GET /": _PUBLIC,
    "GET /static/{path:path}": _PUBLIC,
    "GET /docs": _PUBLIC,
    "GET /docs/{name}": _PUBLIC,
    f"POST {V1}/session": _PUBLIC,
    f"GET {V1}/texts/{{language}}": _PUBLIC,
    # --- any authenticated caller
    f"GET {V1}/session": Rule(scoping=Scoping.OWN),
    f"DELETE {V1}/session": _write(None, "session.close", Scoping.OWN),
    # --- what the product knows, no data of anybody
    "GET /openapi.json": _REFERENCE,
    "GET /metrics": Rule(Right.SCANS_READ),
    f"GET {V1}/detectors": _REFERENCE,
    f"GET {V1}/detectors/{{detector_id}}": _REFERENCE,
    f"GET {V1}/schema": _REFERENCE,
    f"GET {V1}/laws": _REFERENCE,
    f"GET {V1}/reasons": _REFERENCE,
    f"GET {V1}/regions": _REFERENCE,
    # --- leads
    f"GET {V1}/findings": _read(Right.FINDINGS_READ, "findings.list", Scoping.LISTING),
    f"GET {V1}/findings/stream": _read(Right.FINDINGS_READ, "findings.stream", Scoping.LISTING),
    f"GET {V1}/findings/{{finding_id}}": _read(Right.FINDINGS_READ, "finding.read", Scoping.LEAD),
    f"GET {V1}/findings/{{finding_id}}/graph": _read(Right.FINDINGS_READ, "finding.graph", Scoping.LEAD),
    f"GET {V1}/findings/{{finding_id}}/timeline": _read(Right.FINDINGS_READ, "finding.timeline", Scoping.LEAD),
    f"GET {V1}/findings/{{finding_id}}/records": _read(Right.FINDINGS_READ, "finding.records", Scoping.LEAD),
    f"POST {V1}/findings/{{finding_id}}/triage": _write(Right.FINDINGS_DECIDE, "finding.triage", Scoping.LEAD),
    f"POST {V1}/findings/triage": _write(Right.FINDINGS_DECIDE, "finding.triage", Scoping.LEAD),
    f"POST {V1}/findings/{{finding_id}}/comments": _write(Right.FINDINGS_DECIDE, "finding.comment", Scoping.LEAD),
    f"POST {V1}/findings/{{finding_id}}/cases": _write(Right.FINDINGS_DECIDE, "finding.case", Scoping.LEAD),
    f"GET {V1}/users/assignable": Rule(Right.FINDINGS_DECIDE),
    f"GET {V1}/filters": Rule(Right.FILTERS_MANAGE, scoping=Scoping.OWN),
    f"POST {V1}/filters": _write(Right.FILTERS_MANAGE, "filter.save", Scoping.OWN),
    f"DELETE {V1}/filters/{{filter_id}}": _write(Right.FILTERS_MANAGE, "filter.delete", Scoping.OWN),
    # --- parties and the graph
    f"GET {V1}/search": _read(Right.PARTIES_READ, "party.search", Scoping.PARTY),
    f"GET {V1}/parties": _read(Right.PARTIES_READ, "party.search", Scoping.PARTY),
    f"GET {V1}/parties/{{party_id}}": _read(Right.PARTIES_READ, "party.read", Scoping.PARTY),
    f"GET {V1}/parties/{{party_id}}/timeline": _read(Right.PARTIES_READ, "party.timeline", Scoping.PARTY),
    f"GET {V1}/parties/{{party_id}}/findings": _read(Right.FINDINGS_READ, "party.findings", Scoping.PARTY),
    f"GET {V1}/graph/nodes/{{label}}/{{node_key:path}}": _read(Right.PARTIES_READ, "node.read", Scoping.PARTY),
    f"GET {V1}/graph/nodes/{{label}}/{{node_key:path}}/neighbourhood": _read(
        Right.PARTIES_READ, "node.neighbourhood", Scoping.PARTY
    ),
    f"GET {V1}/graph/paths": _read(Right.PARTIES_READ, "graph.paths", Scoping.PARTY),
    f"GET {V1}/graph/money-paths": _read(Right.PARTIES_READ, "graph.money_paths", Scoping.PARTY),
    f"POST {V1}/graph/common": _read(Right.PARTIES_READ, "graph.common", Scoping.PARTY),
    f"POST {V1}/graph/subgraph": _read(Right.PARTIES_READ, "graph.subgraph", Scoping.PARTY),
    f"POST {V1}/graph/layout": Rule(Right.PARTIES_READ),
    f"GET {V1}/records/{{ref}}": _read(Right.PARTIES_READ, "record.read", Scoping.PARTY),
    f"POST {V1}/match": _read(Right.PARTIES_MATCH, "party.match", Scoping.PARTY),
    f"GET {V1}/tenders/{{tender_id}}/prices": _read(Right.PARTIES_READ, "tender.prices", Scoping.PARTY),
    # --- taking data along
    f"GET {V1}/findings/export.csv": Rule(
        Right.EXPORT_LEADS, "export.findings", personal=True, scoping=Scoping.LISTING
    ),
    f"GET {V1}/findings/export.xlsx": Rule(
        Right.EXPORT_LEADS, "export.findings", personal=True, scoping=Scoping.LISTING
    ),
    f"GET {V1}/findings/{{finding_id}}/dossier.html": _export("export.finding_dossier", Scoping.LEAD),
    f"GET {V1}/findings/{{finding_id}}/dossier.pdf": _export("export.finding_dossier", Scoping.LEAD),
    f"GET {V1}/findings/{{finding_id}}/snapshot.html": _export("export.finding_snapshot", Scoping.LEAD),
    f"GET {V1}/parties/{{party_id}}/dossier.html": _export("export.party_dossier", Scoping.PARTY),
    f"GET {V1}/parties/{{party_id}}/dossier.pdf": _export("export.party_dossier", Scoping.PARTY),
    f"POST {V1}/graph/export": _export("export.graph", Scoping.PARTY),
    # Files that the page makes itself: it asks here first and makes none that could not be recorded.
    f"POST {V1}/graph/taken": _export("export.graph", Scoping.PARTY),
    f"POST {V1}/findings/taken": Rule(Right.EXPORT_LEADS, "export.findings", personal=True, scoping=Scoping.LISTING),
    f"POST {V1}/audit/taken": Rule(Right.AUDIT_READ, "export.audit"),
    # --- scans and the overview
    f"GET {V1}/overview": Rule(Right.OVERVIEW_READ, "overview.read", scoping=Scoping.LISTING),
    f"GET {V1}/overview/communities": _read(Right.OVERVIEW_READ, "overview.communities", Scoping.LISTING),
    f"GET {V1}/scans": Rule(Right.SCANS_READ),
    f"POST {V1}/scans": _write(Right.SCANS_START, "scan.start"),
    f"GET {V1}/scans/{{run_id}}": Rule(Right.SCANS_READ),
    f"GET {V1}/scans/{{run_id}}/progress": Rule(Right.SCANS_READ),
    f"GET {V1}/scans/{{run_id}}/report": Rule(Right.SCANS_READ),
    f"GET {V1}/scans/{{before}}/diff/{{after}}": Rule(Right.FINDINGS_READ, scoping=Scoping.LISTING),
    # --- notices
    f"GET {V1}/subscriptions": Rule(Right.SUBSCRIPTIONS_MANAGE),
    f"POST {V1}/subscriptions": _write(Right.SUBSCRIPTIONS_MANAGE, "subscription.create"),
    f"DELETE {V1}/subscriptions/{{subscription_id}}": _write(Right.SUBSCRIPTIONS_MANAGE, "subscription.delete"),
    f"GET {V1}/deliveries": Rule(Right.SUBSCRIPTIONS_MANAGE),
    f"POST {V1}/deliveries/{{delivery_id}}/replay": _write(Right.SUBSCRIPTIONS_MANAGE, "delivery.replay"),
    # --- trust
    f"GET {V1}/audit": Rule(Right.AUDIT_READ, "audit.read"),
    f"GET {V1}/audit/verify": Rule(Right.AUDIT_READ, "audit.verify"),
    f"GET {V1}/audit/anchors": Rule(Right.AUDIT_READ, "audit.anchors"),
    f"GET {V1}/users": Rule(Right.USERS_MANAGE, "user.list"),
    f"POST {V1}/users": _write(Right.USERS_MANAGE, "user.create"),
    f"PATCH {V1}/users/{{user_id}}": _write(Right.USERS_MANAGE, "user.change"),
    f"DELETE {V1}/users/{{user_id}}": _write(Right.USERS_MANAGE, "user.disable"),
    f"GET {V1}/keys": Rule(Right.KEYS_MANAGE, "key.list"),
    f"POST {V1}/keys": _write(Right.KEYS_MANAGE, "key.create"),
    f"POST {V1}/keys/{{key_id}}/rotate": _write(Right.KEYS_MANAGE, "key.rotate"),
    f"DELETE {V1}/keys/{{key_id}}": _write(Right.KEYS_MANAGE, "key.revoke"),
    f"GET {V1}/recusals": Rule(Right.RECUSALS_MANAGE, "recusal.list"),
    f"POST {V1}/recusals": _write(Right.RECUSALS_MANAGE, "recusal.create"),
    f"DELETE {V1}/recusals/{{recusal_id}}": _write(Right.RECUSALS_MANAGE, "recusal.delete"),
    f"GET {V1}/approvals": Rule(scoping=Scoping.OWN),
    f"DELETE {V1}/approvals/{{approval_id}}": _write(None, "approval.withdraw", Scoping.OWN),
    f"POST {V1}/approvals/{{approval_id}}/decide": _write(Right.APPROVALS_DECIDE, "approval.decide"),
}


class RouteWithoutRule(RuntimeError):
    """The app has a route that the table does not know, or the table a route that the app does not have."""


def names_of(route: BaseRoute) -> list[str]:
    """`METHOD /path` of a route, as the table has it."""
    if not isinstance(route, Route | APIRoute):
        return [f"? {getattr(route, 'path', type(route).__name__)}"]
    return [f"{method} {route.path}" for method in sorted(route.methods or {"?"}) if method != "HEAD"]


def check_rules(routes: Iterable[BaseRoute]) -> None:
    """Refuse an app whose routes and rules differ.

    Raises:
        RouteWithoutRule: names each route that has no rule, and each rule that has no route.
    """
    found = {name for route in routes for name in names_of(route)}
    without, stale = sorted(found - RULES.keys()), sorted(RULES.keys() - found)
    if without or stale:
        raise RouteWithoutRule(f"routes without a rule: {without}; rules without a route: {stale}")
