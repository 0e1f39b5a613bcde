"""`qingfeng audit …`: is the trail whole, anchors to keep elsewhere, the trail as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from findings.audit.trail import append, stream
from findings.audit.verifying import make_anchors, read_anchors, stored_anchors, verify, write_anchors
from findings.commands.speaking import ACTOR, LANGUAGE, JsonOption, WorkspaceOption, opened, show_json, show_table, t

app = typer.Typer(help=t("audit_help"), no_args_is_help=True, add_completion=False)


@app.command("verify", help=t("audit_verify_help"))
def verify_(
    anchors: Annotated[
        Path | None, typer.Option(help=t("audit_anchors_file"), exists=True, dir_okay=False, show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (_, store):
        result = verify(store, read_anchors(anchors) if anchors else ())
    if as_json:
        show_json(result.as_dict())
    else:
        for fault in result.faults:
            typer.secho(fault.said.in_language(LANGUAGE), fg="red")
        key = "audit_whole" if result.whole else "audit_broken"
        typer.echo(
            t(key, records=f"{result.records:,}", anchors=result.anchors, until=f"{result.anchored_until:,}",
              faults=f"{len(result.faults)}{'' if result.complete else '+'}")
        )  # fmt: skip
    if not result.whole:
        raise typer.Exit(1)


@app.command("anchors", help=t("audit_anchors_help"))
def anchors_(
    out: Annotated[Path | None, typer.Option(help=t("audit_anchors_out"), dir_okay=False, show_default=False)] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (_, store):
        with store.session() as session:
            make_anchors(session)
            known = stored_anchors(session)
        if out is not None:
            count = write_anchors(known, out)
            typer.echo(t("audit_anchors_written", count=count, file=out), err=as_json)
            return
    rows = [anchor.as_dict() for anchor in known]
    (show_json if as_json else show_table)(rows)


@app.command(help=t("audit_export_help"))
def export(
    out: Annotated[Path, typer.Argument(help=t("audit_export_out"), dir_okay=False)],
    after: Annotated[int, typer.Option(help=t("audit_export_after"), min=0)] = 0,
    workspace: WorkspaceOption = None,
) -> None:
    with opened(workspace) as (_, store):
        # Taking the trail out is in the trail, and in what is taken out.
        with store.session() as session:
            append(session, actor=ACTOR, action="audit.export", subject=f"audit/{after + 1}-")
        draft = out.with_name(f".{out.name}.draft")
        count = 0
        with store.reading() as session, draft.open("wb") as file:
            for record in stream(session, after=after):
                file.write(orjson.dumps(record.as_dict(), option=orjson.OPT_APPEND_NEWLINE))
                count += 1
        draft.replace(out)
    typer.echo(t("audit_exported", count=f"{count:,}", file=out))
