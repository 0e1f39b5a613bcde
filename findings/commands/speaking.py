"""How the commands on the store speak: the user's language, JSON on request, a problem as one line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.cells import cell_len

from findings.settings import Settings, read_settings
from findings.store.database import Store, open_store
from i18n import Problem, shell_language, text

LANGUAGE = shell_language()

ACTOR = "local"
"""Who acts in the audit trail: somebody with a shell on the machine, whose name the system knows."""


def t(key: str, **values: object) -> str:
    """A text of the catalogue's section `trust`."""
    return text(f"trust.{key}", LANGUAGE, **values)


WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help=t("option_workspace"), file_okay=False, show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help=t("option_json"))]


@contextlib.contextmanager
def opened(workspace: Path | None) -> Iterator[tuple[Settings, Store]]:
    """The settings and the store of a workspace; a `Problem` inside ends the command with its words and status 1."""
    try:
        settings = read_settings(workspace=workspace)
        settings.require_workspace()
        store = open_store(settings.store_address())
        try:
            store.upgrade()
            yield settings, store
        finally:
            store.close()
    except Problem as problem:
        typer.secho(t("error", message=problem.text.in_language(LANGUAGE)), fg="red", err=True)
        raise typer.Exit(1) from None


def show_json(document: object) -> None:
    """JSON on standard output."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def show_table(rows: list[dict[str, object]]) -> None:
    """Rows as columns of equal width; lists with commas, None as `-`."""
    if not rows:
        typer.echo(t("none"))
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(cell_len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "∅"
    return "-" if value is None else str(value)


def limits(regions: list[str] | None, everywhere: bool, agencies: list[str] | None) -> tuple[
    list[str] | None, list[str] | None
]:  # fmt: skip
    """Regions and agencies as given on the command line: without any region and without `--all-regions` it is none."""
    return (None if everywhere else regions or []), (agencies or None)


RegionsOption = Annotated[list[str] | None, typer.Option("--region", help=t("option_region"), show_default=False)]
EverywhereOption = Annotated[bool, typer.Option("--all-regions", help=t("option_everywhere"))]
AgenciesOption = Annotated[list[str] | None, typer.Option("--agency", help=t("option_agency"), show_default=False)]
