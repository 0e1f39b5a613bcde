"""`qingfeng findings …`: the leads in the store, listed, shown, decided on."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from findings.access.assigning import assignee_of
from findings.access.ties import SnapshotTies
from findings.audit.trail import append
from findings.commands.speaking import ACTOR, LANGUAGE, JsonOption, WorkspaceOption, opened, show_json, show_table
from findings.settings import Settings
from findings.store.errors import StoreError
from findings.store.filtering import UNLIMITED, Filter
from findings.store.listing import DEFAULT_SORT, get_finding, list_findings
from findings.store.models import CURRENT, Decision
from findings.store.summary import summary
from findings.store.triage import ACTIONS, decide, history
from graph.snapshot import Workspace
from i18n import text


def t(key: str, **values: object) -> str:
    """A text of the catalogue's section `store`."""
    return text(f"store.{key}", LANGUAGE, **values)


app = typer.Typer(help=t("findings_help"), no_args_is_help=True, add_completion=False)

FindingArgument = Annotated[str, typer.Argument(help=t("finding_argument"))]
PurposeOption = Annotated[str | None, typer.Option(help=t("option_purpose"))]


def _check_purpose(settings: Settings, purpose: str | None) -> None:
    if settings.audit_purpose_required and not purpose:
        raise StoreError("store_purpose_missing")


@app.command("list", help=t("list_help"))
def list_(
    family: Annotated[list[str] | None, typer.Option(help=t("option_family"))] = None,
    detector: Annotated[list[str] | None, typer.Option(help=t("option_detector"))] = None,
    tier: Annotated[list[str] | None, typer.Option(help=t("option_tier"))] = None,
    triage: Annotated[list[str] | None, typer.Option(help=t("option_triage"))] = None,
    state: Annotated[list[str] | None, typer.Option(help=t("option_state"))] = None,
    region: Annotated[list[str] | None, typer.Option(help=t("option_region"))] = None,
    words: Annotated[str, typer.Option("--search", "-q", help=t("option_search"))] = "",
    sort: Annotated[str, typer.Option(help=t("option_sort"))] = DEFAULT_SORT,
    limit: Annotated[int, typer.Option(help=t("option_limit"), min=1, max=10_000)] = 50,
    cursor: Annotated[str | None, typer.Option(help=t("option_cursor"))] = None,
    purpose: PurposeOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    chosen = Filter(
        UNLIMITED,
        families=tuple(family or ()),
        detectors=tuple(detector or ()),
        tiers=tuple(tier or ()),
        triages=tuple(triage or ()),
        states=tuple(state or CURRENT),
        regions=tuple(region or ()),
        q=words,
    )
    with opened(workspace) as (settings, store):
        _check_purpose(settings, purpose)
        with store.reading() as session:
            page = list_findings(session, chosen, sort, limit, cursor)
        with store.session() as session:
            shown = ",".join(line["finding_id"] for line in page.items)
            append(session, actor=ACTOR, action="findings.list", subject=shown, purpose=purpose)
    if as_json:
        show_json({"items": page.items, "total": page.total, "next": page.next})
        return
    show_table([_line(line) for line in page.items])
    typer.echo(t("list_shown", shown=len(page.items), total=page.total))
    if page.next:
        typer.echo(t("list_next", cursor=page.next))


def _line(line: dict[str, Any]) -> dict[str, object]:
    return {
        t("column_finding"): line["finding_id"],
        t("column_tier"): line["tier"],
        t("column_state"): text(f"ui.state_{line['state']}", LANGUAGE),
        t("column_triage"): text(f"ui.triage_{line['triage']}", LANGUAGE),
        t("column_title"): line["title"][LANGUAGE],
        t("column_region"): line["region"],
        t("column_agency"): line["agency"]["name"] if line["agency"] else None,
    }


@app.command(help=t("show_help"))
def show(
    finding: FindingArgument,
    purpose: PurposeOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (settings, store):
        _check_purpose(settings, purpose)
        with store.reading() as session:
            row = get_finding(session, finding, UNLIMITED)
            line = summary(row, row.entities)
            document = row.document
            steps = [_step(decision) for decision in history(session, row.finding_id)]
        with store.session() as session:
            append(session, actor=ACTOR, action="finding.read", subject=line["finding_id"], purpose=purpose)
    if as_json:
        show_json({**line, "document": document, "history": steps})
        return
    typer.echo(f"{line['finding_id']}  {line['title'][LANGUAGE]}  {line['tier']}  {line['state']}  {line['triage']}")
    for reason in document.get("reasons", ()):
        typer.echo(f"  {reason[LANGUAGE]}")
    show_table([{"id": e["id"], "role": e["role"], "name": e["name"]} for e in line["entities"]])
    if steps:
        show_table([{key: step[key] for key in ("at", "actor", "action", "reason_code", "note")} for step in steps])


def _step(decision: Decision) -> dict[str, Any]:
    return {
        "at": decision.at.isoformat(timespec="seconds"),
        "actor": decision.actor,
        "action": decision.action,
        "before": decision.triage_before,
        "after": decision.triage_after,
        "reason_code": decision.reason_code,
        "note": decision.note,
        "assignee": decision.assignee,
        "case_number": decision.case_number,
        "details": decision.details,
    }


@app.command("decide", help=t("decide_help"))
def decide_(
    finding: FindingArgument,
    action: Annotated[str, typer.Argument(help=t("decide_action", actions=", ".join(ACTIONS)))],
    reason: Annotated[str | None, typer.Option(help=t("decide_reason"))] = None,
    note: Annotated[str | None, typer.Option(help=t("decide_note"))] = None,
    assignee: Annotated[str | None, typer.Option(help=t("decide_assignee"))] = None,
    case_number: Annotated[str | None, typer.Option("--case", help=t("decide_case"))] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (settings, store), store.session() as session:
        if action == "refer" and settings.two_person:
            raise StoreError("store_two_person")
        row = get_finding(session, finding, UNLIMITED)
        if assignee is not None:
            assignee = assignee_of(session, assignee, row, SnapshotTies(Workspace(settings.workspace)))
        row = decide(
            session,
            row.finding_id,
            action,
            actor=ACTOR,
            reason_code=reason,
            note=note,
            assignee=assignee,
            case_number=case_number,
        )
        append(session, actor=ACTOR, action=f"finding.{action}", subject=row.finding_id, purpose=case_number)
        line = summary(row, row.entities)
    if as_json:
        show_json(line)
    else:
        typer.echo(t("decided", finding=line["finding_id"], triage=line["triage"]))
