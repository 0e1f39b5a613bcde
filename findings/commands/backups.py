"""`qingfeng backup`, `restore` and `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from findings.audit.trail import append
from findings.backup import Backup, verify_backup
from findings.backup import backup as write_backup
from findings.backup import restore as read_back
from findings.commands.leads import t
from findings.commands.speaking import ACTOR, LANGUAGE, JsonOption, WorkspaceOption, opened, show_json
from findings.settings import Settings, read_settings
from findings.store.checking import check_store
from findings.store.database import open_store
from i18n import Problem

FileArgument = Annotated[Path, typer.Argument(dir_okay=False, help=t("backup_file"))]


def backup(
    out: FileArgument,
    data: Annotated[bool, typer.Option("--data/--no-data", help=t("backup_data"))] = True,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """`qingfeng backup OUT`."""
    with opened(workspace) as (settings, store):
        # It takes all personal data along: on record before, and in what is taken along.
        with store.session() as session:
            append(session, actor=ACTOR, action="store.backup", subject=f"store data={'yes' if data else 'no'}")
        made = write_backup(settings, out, with_data=data)
    _show(made, as_json, t("backed_up", file=out, rows=f"{made.rows:,}", snapshot=made.snapshot_id or "-"))


def restore(file: FileArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """`qingfeng restore FILE`."""
    try:
        settings = read_settings(workspace=workspace)
        made = read_back(settings, file)
        _note_restored(settings, made)
    except Problem as problem:
        typer.secho(problem.text.in_language(LANGUAGE), fg="red", err=True)
        raise typer.Exit(1) from None
    _show(made, as_json, t("restored", file=file, rows=f"{made.rows:,}", snapshot=made.snapshot_id or "-"))


def _note_restored(settings: Settings, made: Backup) -> None:
    store = open_store(settings.store_address())
    try:
        with store.session() as session:
            append(session, actor=ACTOR, action="store.restore", subject=f"backup of {made.created_at}")
    finally:
        store.close()


def verify(
    file: Annotated[Path | None, typer.Argument(dir_okay=False, help=t("verify_file"))] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """`qingfeng verify [FILE]`. Status 1 on a fault."""
    with opened(workspace) as (_, store):
        if file is not None:
            made = verify_backup(file)
            _show(made, as_json, t("backup_sound", file=file, rows=f"{made.rows:,}", snapshot=made.snapshot_id or "-"))
            return
        faults = check_store(store)
    if as_json:
        show_json({"sound": not faults, "faults": [fault.as_dict() for fault in faults]})
    else:
        for fault in faults:
            typer.secho(fault.in_language(LANGUAGE), fg="red", err=True)
        if not faults:
            typer.echo(t("store_sound"))
    if faults:
        raise typer.Exit(1)


def _show(made: Backup, as_json: bool, sentence: str) -> None:
    if as_json:
        show_json(made.as_dict())
    else:
        typer.echo(sentence)
