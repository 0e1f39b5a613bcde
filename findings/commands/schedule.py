"""`qingfeng schedule …`: run what is due, say what is due next, and what became of it."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from findings.commands.speaking import JsonOption, WorkspaceOption, opened, show_json, show_table, t
from findings.schedule import history
from findings.schedule.jobs import read_schedule
from findings.schedule.runner import SECONDS_TO_END, Runner, next_times
from findings.store.base import now

app = typer.Typer(help=t("schedule_help"), no_args_is_help=True, add_completion=False)


@app.command(help=t("schedule_run"))
def run(
    seconds_to_end: Annotated[float, typer.Option(help=t("schedule_seconds_to_end"), min=0)] = SECONDS_TO_END,
    workspace: WorkspaceOption = None,
) -> None:
    with opened(workspace) as (settings, store):
        schedule = read_schedule(settings)
        runner = Runner(settings, schedule, store, seconds_to_end=seconds_to_end)
        runner.run(lambda: typer.echo(t("schedule_running", jobs=", ".join(schedule.jobs)), err=True))


@app.command("list", help=t("schedule_list"))
def list_(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    with opened(workspace) as (settings, _):
        schedule = read_schedule(settings)
    times = next_times(schedule, now())
    rows: list[dict[str, object]] = [
        {
            "job": name,
            "action": job.action,
            "cron": job.cron,
            "next": due.isoformat(timespec="seconds") if (due := times[name]) else None,
        }
        for name, job in schedule.jobs.items()
    ]
    (show_json if as_json else show_table)(rows)


@app.command("history", help=t("schedule_history"))
def history_(
    job: Annotated[str | None, typer.Argument(help=t("schedule_job"), show_default=False)] = None,
    limit: Annotated[int, typer.Option(help=t("schedule_limit"), min=1)] = 20,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (_, store), store.reading() as session:
        rows: list[dict[str, object]] = [
            {
                "due": run.due_at.isoformat(timespec="seconds"),
                "job": run.job,
                "state": run.state,
                "seconds": round((run.finished_at - run.started_at).total_seconds(), 1)
                if run.finished_at and run.started_at
                else None,
                "run": run.scan_run,
                "detail": orjson.loads(run.detail) if run.detail and as_json else run.detail,
            }
            for run in history.recent(session, job=job, limit=limit)
        ]
    (show_json if as_json else show_table)(rows)
