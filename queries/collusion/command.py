"""`qingfeng train LABELS --workspace DIR` and `qingfeng evaluate collusion DATA_DIR`.

What computes is imported only when it runs: the command starts in the time of the command line alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from i18n import section, shell_language

EXIT_ERROR = 1
EXIT_USAGE = 2

LANGUAGE = shell_language()


def _t(key: str, **values: object) -> str:
    return section("collusion")[key].format(**values).in_language(LANGUAGE)


evaluate_app = typer.Typer(help=_t("evaluate_about"), no_args_is_help=True, rich_markup_mode=None, add_completion=False)


@evaluate_app.callback()
def _group() -> None:
    """Keeps `collusion` a word of its own: with a single command Typer would swallow it."""


def train(
    labels: Annotated[Path, typer.Argument(help=_t("labels"), exists=True, dir_okay=False)],
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="QINGFENG_WORKSPACE", help=_t("workspace"), file_okay=False)
    ] = Path("workspace"),
) -> None:
    """`qingfeng train`: mount with `app.command(help=TRAIN_HELP)(train)`."""
    from datetime import UTC, datetime

    from graph.snapshot import Workspace, WorkspaceError
    from graph.tables import open_tables
    from queries.collusion.train import LabelsError, read_labels
    from queries.collusion.train import train as run

    place = Workspace(workspace)
    try:
        connection = open_tables(place.current(), place.secret())
        try:
            done = run(connection, read_labels(labels), workspace, datetime.now(UTC).date())
        finally:
            connection.close()
    except LabelsError as error:
        _stop(_t("bad_labels", file=labels, reason=error), EXIT_USAGE)
    except (WorkspaceError, OSError) as error:
        _stop(str(error), EXIT_ERROR)
    figures = done.about["metrics"]
    assert isinstance(figures, dict)
    typer.echo(
        _t(
            "trained",
            tenders=done.about["tenders"],
            collusive=done.about["collusive"],
            path=done.path,
            roc=figures["roc_auc"],
            pr=figures["pr_auc"],
            ece=figures["calibration_error"],
        )
    )
    if done.unknown:
        typer.echo(_t("unknown", count=done.unknown), err=True)


TRAIN_HELP = _t("train_about")


def score(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="QINGFENG_WORKSPACE", help=_t("workspace"), file_okay=False)
    ] = Path("workspace"),
    top: Annotated[int, typer.Option(help=_t("top"), min=1)] = 20,
) -> None:
    """`qingfeng score`: mount with `app.command(help=SCORE_HELP)(score)`."""
    from graph.snapshot import Workspace, WorkspaceError
    from graph.tables import open_tables
    from queries.collusion.score import AnotherPopulation
    from queries.collusion.score import score as run
    from queries.collusion.store import ModelFileError

    place = Workspace(workspace)
    try:
        connection = open_tables(place.current(), place.secret())
        try:
            table = run(connection, workspace)
        finally:
            connection.close()
    except AnotherPopulation as error:
        _stop(_t("refused", reason=error), EXIT_ERROR)
    except (WorkspaceError, ModelFileError, OSError) as error:
        _stop(str(error), EXIT_ERROR)
    shown = table.head(top)
    for tender, probability, reasons in zip(shown["tender"], shown["probability"], shown["reasons"], strict=True):
        said = "; ".join(reason.sentence().in_language(LANGUAGE) for reason in reasons)
        typer.echo(f"{tender}  {probability:.1%}  {said}")
    typer.echo(_t("scored", tenders=len(table), shown=min(top, len(table))))


SCORE_HELP = _t("score_about")


@evaluate_app.command("collusion", help=_t("collusion_about"))
def collusion(
    data_dir: Annotated[Path | None, typer.Argument(help=_t("data_dir"), file_okay=False)] = None,
    out: Annotated[Path, typer.Option(help=_t("out"), dir_okay=False)] = Path("docs/evaluation.md"),
    builtin: Annotated[bool, typer.Option("--builtin", help=_t("builtin"))] = False,
    check: Annotated[bool, typer.Option("--check", help=_t("check"))] = False,
) -> None:
    from queries.collusion import report
    from queries.collusion.datasets import DatasetError

    if check:
        if not out.is_file() or report.stale(out.read_text(encoding="utf-8")):
            _stop(_t("stale", page=out), EXIT_ERROR)
        typer.echo(_t("current", page=out))
    elif builtin:
        typer.echo(report.builtin_section(), nl=False)
    elif data_dir is None:
        _stop(_t("no_source"), EXIT_USAGE)
    else:
        try:
            text = report.page(data_dir)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(text, encoding="utf-8")
        except (DatasetError, OSError) as error:
            _stop(str(error), EXIT_ERROR)
        typer.echo(text, nl=False)


def _stop(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
