"""Commands on kept scans: `scan --store`, `runs`, `diff`, `expire`."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from findings.audit.trail import append
from findings.commands.leads import t
from findings.commands.speaking import ACTOR, LANGUAGE, JsonOption, WorkspaceOption, opened, show_json, show_table
from findings.runs import Chosen, run_scan_and_store
from findings.settings import Settings
from findings.store.base import now
from findings.store.diffing import ScanDiff
from findings.store.diffing import diff as compare
from findings.store.errors import StoreError
from findings.store.models import ScanRun, State
from findings.store.retention import expire as expire_leads
from queries.scan import Progress

RunArgument = Annotated[int, typer.Argument(min=1, help=t("run_argument"))]


def scan_and_show(
    settings: Settings,
    chosen: Chosen,
    *,
    changed_only: bool,
    as_json: bool,
    progress: Progress | None,
) -> None:
    """`qingfeng scan --store`: run, record, and print what is new, changed, gone and returned.

    Raises:
        Problem: see `run_scan_and_store`.
    """
    diff = run_scan_and_store(settings, chosen, changed_only=changed_only, actor=ACTOR, progress=progress)
    _show(diff, as_json)


def _show(diff: ScanDiff, as_json: bool) -> None:
    if as_json:
        show_json(diff.as_dict())
        return
    typer.echo(t("diff_shown", before=diff.before or "-", after=diff.after, **diff.counts))
    for state in ("new", "changed", "returned", "gone"):
        for finding_id in getattr(diff, state):
            typer.echo(f"{state}\t{finding_id}")


def diff(a: RunArgument, b: RunArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """`qingfeng diff A B`."""
    with opened(workspace) as (_, store), store.reading() as session:
        found = compare(session, a, b)
    _show(found, as_json)


def runs(
    limit: Annotated[int, typer.Option(min=1, help=t("option_limit"))] = 20,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """`qingfeng runs`."""
    with opened(workspace) as (_, store), store.reading() as session:
        rows = [_run(run) for run in session.scalars(select(ScanRun).order_by(ScanRun.id.desc()).limit(limit))]
    if as_json:
        show_json(rows)
    else:
        show_table(rows)


def _run(run: ScanRun) -> dict[str, object]:
    return {
        "run": run.id,
        "state": run.state,
        "queued_at": run.queued_at.isoformat(timespec="seconds"),
        "finished_at": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
        "trigger": run.trigger,
        "snapshot": run.snapshot_id,
        **{state.value: run.counts.get(state.value) for state in State},
        "error": run.error[LANGUAGE] if run.error else None,
    }


def expire(
    days: Annotated[int | None, typer.Option(min=1, help=t("expire_days"))] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """`qingfeng expire`."""
    with opened(workspace) as (settings, store):
        kept_for = days or settings.retention_days
        if kept_for is None:
            raise StoreError("store_no_retention")
        with store.session() as session:
            done = expire_leads(session, now(), kept_for)
            append(
                session,
                actor=ACTOR,
                action="findings.expire",
                subject=f"days={kept_for} expired={len(done.expired)} erased={len(done.erased)}",
            )
    if as_json:
        show_json({"days": kept_for, "expired": list(done.expired), "erased": list(done.erased)})
    else:
        typer.echo(t("expired", expired=len(done.expired), erased=len(done.erased)))
