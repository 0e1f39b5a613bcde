"""The `qingfeng` command."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import orjson
import typer
from typer.core import TyperGroup

from i18n import Problem, Text, shell_language, text
from queries.collusion.command import SCORE_HELP, TRAIN_HELP, evaluate_app, score, train
from queries.ocp.command import app as ocp

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_QUARANTINED = 3

LANGUAGE = shell_language()


def _t(key: str, **values: object) -> str:
    return text(f"cli.{key}", LANGUAGE, **values)


ELSEWHERE = {
    "serve": ("api.command:serve", "api.serve_help"),
    "findings": ("findings.commands.leads:app", "store.findings_help"),
    "runs": ("findings.commands.scans:runs", "store.runs_help"),
    "diff": ("findings.commands.scans:diff", "store.diff_help"),
    "expire": ("findings.commands.scans:expire", "store.expire_help"),
    "schedule": ("findings.commands.schedule:app", "trust.schedule_help"),
    "subscriptions": ("findings.commands.subscriptions:app", "trust.subscriptions_help"),
    "user": ("findings.commands.users:app", "trust.user_help"),
    "key": ("findings.commands.keys:app", "trust.key_help"),
    "audit": ("findings.commands.audit:app", "trust.audit_help"),
    "backup": ("findings.commands.backups:backup", "store.backup_help"),
    "restore": ("findings.commands.backups:restore", "store.restore_help"),
    "verify": ("findings.commands.backups:verify", "store.verify_help"),
}
"""Verbs on the store and the server: where each stands, and its help. They load a database and a web framework."""


class _Verbs(TyperGroup):
    """The verbs of the command; those of `ELSEWHERE` are imported when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *ELSEWHERE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        place, help_text = ELSEWHERE[cmd_name]
        module, name = place.split(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, typer.Typer):
            verb, found = found, typer.Typer(add_completion=False)
            found.command(help=text(help_text, LANGUAGE))(verb)
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="qingfeng",
    cls=_Verbs,
    help=_t("about"),
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)

graph = typer.Typer(help=_t("graph_help"), no_args_is_help=True)
app.add_typer(graph, name="graph")
app.add_typer(ocp, name="ocp")
app.add_typer(evaluate_app, name="evaluate")
app.command(help=TRAIN_HELP)(train)
app.command(help=SCORE_HELP)(score)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", envvar="QINGFENG_WORKSPACE", help=_t("option_workspace"), file_okay=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help=_t("option_json"))]
DEFAULT_WORKSPACE = Path("workspace")


@app.command(help=_t("sample_help"))
def sample(
    out: Annotated[Path, typer.Argument(help=_t("sample_out"), file_okay=False)],
    size: Annotated[str, typer.Option(help=_t("sample_size"))] = "small",
    seed: Annotated[int, typer.Option(help=_t("sample_seed"), min=0)] = 1,
    clean: Annotated[bool, typer.Option("--clean", help=_t("sample_clean"))] = False,
    as_json: JsonOption = False,
) -> None:
    from loaders.sample import SIZES, write_sample
    from viz.terminal import counting

    bids = SIZES.get(size) or (int(size) if size.isdecimal() and int(size) > 0 else None)
    if bids is None:
        _usage(_t("sample_bad_size", size=size, sizes=", ".join(SIZES)))
    with counting(quiet=as_json) as progress:
        summary = write_sample(out, bids=bids, seed=seed, clean=clean, progress=progress)
    if as_json:
        _print_json(summary.as_dict())
    else:
        rows = sum(summary.rows.values())
        plants, twins = summary.truth.get("planted", 0), summary.truth.get("twin", 0)
        typer.echo(_t("sample_done", out=out, rows=f"{rows:,}", tables=len(summary.rows), plants=plants, twins=twins))


@app.command(help=_t("load_help"))
def load(
    sources: Annotated[list[Path], typer.Argument(help=_t("load_sources"), exists=True)],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    source_kind: Annotated[
        Literal["canonical", "ocds", "bods"] | None, typer.Option("--as", help=_t("load_as"))
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help=_t("load_mapping"), exists=True, dir_okay=False)] = None,
    strict: Annotated[bool, typer.Option("--strict", help=_t("load_strict"))] = False,
    threads: Annotated[int | None, typer.Option(help=_t("option_threads"), min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    from graph.snapshot import Workspace, WorkspaceError
    from loaders.adapter import SourceError
    from loaders.load import load as run_load
    from loaders.mapping import MappingError
    from loaders.merging import KeyCollision
    from viz.terminal import loading, show_load

    try:
        with loading(quiet=as_json, language=LANGUAGE) as progress:
            report = run_load(
                sources,
                Workspace(workspace),
                source_kind=source_kind,
                mapping=mapping,
                progress=progress,
                threads=threads,
            )
    except (SourceError, MappingError, KeyCollision, WorkspaceError) as error:
        _fail(_said(error), as_json)
    if as_json:
        _print_json(report.as_dict())
    else:
        show_load(report.as_dict(), LANGUAGE)
    if strict and report.quarantined:
        raise typer.Exit(EXIT_QUARANTINED)


@app.command(help=_t("scan_help"))
def scan(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    family: Annotated[list[str] | None, typer.Option(help=_t("scan_family"))] = None,
    detector: Annotated[list[str] | None, typer.Option(help=_t("scan_detector"))] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help=_t("scan_set"))] = None,
    profile: Annotated[str, typer.Option(help=_t("scan_profile"))] = "national",
    out: Annotated[Path | None, typer.Option(help=_t("scan_out"), dir_okay=False)] = None,
    store: Annotated[bool, typer.Option("--store", help=_t("scan_store"))] = False,
    changed_only: Annotated[bool, typer.Option("--changed-only", help=_t("scan_changed_only"))] = False,
    engine: Annotated[Literal["embedded", "neo4j"], typer.Option(help=_t("scan_engine"))] = "embedded",
    threads: Annotated[int | None, typer.Option(help=_t("option_threads"), min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    from graph.engine import EngineError
    from graph.snapshot import Workspace, WorkspaceError
    from queries import output
    from queries.profiles import ProfileError, configure, parse_setting, read_profile
    from queries.registry import UnknownDetector, choose
    from queries.scan import ScanError
    from queries.session import scan_workspace
    from viz.terminal import show_scan, stepping

    try:
        settings: dict[str, dict[str, Any]] = {}
        for item in setting or []:
            detector_id, parameter, value = parse_setting(item)
            settings.setdefault(detector_id, {})[parameter] = value
        chosen = configure(choose(family or [], detector or []), read_profile(profile), settings)
    except (ProfileError, UnknownDetector) as error:
        _usage(_said(error))
    if store or changed_only:
        if out is not None:
            _usage(_t("scan_out_or_store"))
        _scan_and_store(workspace, chosen, profile, engine, threads, changed_only, as_json)
        return
    try:
        with stepping(quiet=as_json, language=LANGUAGE) as progress:
            result = scan_workspace(Workspace(workspace), chosen, engine=engine, threads=threads, progress=progress)
        folder = output.save_scan(result, workspace)
        if out is not None:
            output.write_findings(result, out)
    except (WorkspaceError, ScanError, EngineError) as error:
        _fail(_said(error), as_json)
    if as_json:
        _print_json(output.report(result))
    else:
        show_scan(result, out or folder / "findings.jsonl", LANGUAGE)


def _scan_and_store(
    workspace: Path,
    chosen: Any,
    profile: str,
    engine: str,
    threads: int | None,
    changed_only: bool,
    as_json: bool,
) -> None:
    from findings.commands.scans import scan_and_show
    from findings.settings import read_settings
    from graph.engine import EngineError
    from viz.terminal import stepping

    try:
        settings = read_settings(workspace=workspace, profile=profile, engine=engine, threads=threads)
        with stepping(quiet=as_json, language=LANGUAGE) as progress:
            scan_and_show(settings, chosen, changed_only=changed_only, as_json=as_json, progress=progress)
    except (Problem, EngineError) as error:
        _fail(_said(error), as_json)


@app.command(help=_t("explain_help"))
def explain(
    finding_id: Annotated[str, typer.Argument(help=_t("explain_id"))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    from queries.output import NoScanError, find
    from viz.terminal import show_finding

    try:
        finding = find(workspace, finding_id)
    except NoScanError as error:
        _fail(_said(error), as_json)
    if as_json:
        _print_json(finding)
    else:
        show_finding(finding, LANGUAGE)


@app.command(help=_t("coverage_help"))
def coverage(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    from graph.snapshot import Workspace, WorkspaceError
    from graph.tables import open_tables
    from queries.coverage import coverage as cover
    from queries.registry import DETECTORS
    from viz.terminal import show_coverage

    try:
        place = Workspace(workspace)
        covered = cover(open_tables(place.current(), place.secret()), DETECTORS)
    except WorkspaceError as error:
        _fail(_said(error), as_json)
    if as_json:
        _print_json([item.as_dict() for item in covered])
    else:
        show_coverage(covered, LANGUAGE)


@app.command(help=_t("detectors_help"))
def detectors(
    detector_id: Annotated[str | None, typer.Argument(help=_t("detectors_id"))] = None,
    as_json: JsonOption = False,
) -> None:
    from queries import registry
    from viz.pages import detector_as_dict, detector_page
    from viz.terminal import show_detectors, show_markdown

    if detector_id is None:
        if as_json:
            _print_json([detector_as_dict(d) for d in registry.DETECTORS])
        else:
            show_detectors(registry.DETECTORS, LANGUAGE)
        return
    try:
        found = registry.detector(detector_id)
    except registry.UnknownDetector as error:
        _usage(_said(error))
    if as_json:
        _print_json(detector_as_dict(found))
    else:
        show_markdown(detector_page(found, LANGUAGE))


@app.command(help=_t("schema_help"))
def schema(as_json: JsonOption = False) -> None:
    from viz.pages import schema_as_dict, schema_page
    from viz.terminal import show_markdown

    if as_json:
        _print_json(schema_as_dict())
    else:
        show_markdown(schema_page(LANGUAGE))


@app.command(help=_t("docs_help"))
def docs(
    out: Annotated[Path, typer.Option(help=_t("docs_out"), file_okay=False)] = Path("docs"),
    check: Annotated[bool, typer.Option("--check", help=_t("docs_check"))] = False,
    as_json: JsonOption = False,
) -> None:
    from viz.pages import differing, printed_pages, write_pages

    pages = printed_pages()
    if check:
        stale = differing(pages, out)
        if as_json:
            _print_json({"pages": len(pages), "differing": stale})
        if stale:
            _fail(_t("docs_stale", pages=", ".join(stale)), as_json=False)
        return
    written = write_pages(pages, out)
    if as_json:
        _print_json({"pages": len(pages), "written": written})
    else:
        typer.echo(_t("docs_done", pages=len(pages), out=out, written=len(written)))


@app.command(help=_t("doctor_help"))
def doctor(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    from viz.doctor import examine
    from viz.terminal import show_doctor

    checks = examine(workspace)
    if as_json:
        _print_json([check.as_dict(LANGUAGE) for check in checks])
    else:
        show_doctor(checks, LANGUAGE)
    if any(check.status == "broken" for check in checks):
        raise typer.Exit(EXIT_ERROR)


@graph.command(help=_t("push_help"))
def push(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    full: Annotated[bool, typer.Option("--full", help=_t("push_full"))] = False,
    as_json: JsonOption = False,
) -> None:
    from graph.engine import EngineError
    from graph.neo4j.push import push as run_push
    from graph.neo4j.settings import read_settings
    from graph.snapshot import Workspace, WorkspaceError
    from viz.terminal import counting

    try:
        with counting(quiet=as_json) as progress:
            report = run_push(Workspace(workspace), read_settings(), full=full, progress=progress)
    except (EngineError, WorkspaceError) as error:
        _fail(_said(error), as_json)
    if as_json:
        changes = {name: {"total": change.total} for name, change in report.changes.items()}
        _print_json({"snapshot_id": report.snapshot_id, "compared_with": report.compared_with, "changes": changes})
    else:
        typer.echo(_t("push_done", snapshot=report.snapshot_id, rows=f"{report.rows:,}"))


@graph.command(help=_t("status_help"))
def status(as_json: JsonOption = False) -> None:
    from graph.engine import EngineError
    from graph.neo4j import server_snapshot
    from graph.neo4j.settings import read_settings

    try:
        snapshot = server_snapshot(read_settings())
    except EngineError as error:
        _fail(_said(error), as_json)
    if as_json:
        _print_json({"snapshot_id": snapshot})
    else:
        typer.echo(_t("status_none") if snapshot is None else _t("status_shows", snapshot=snapshot))


def _print_json(document: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def _said(error: Exception) -> str:
    """The error in the user's language, in English where it has no other."""
    said = getattr(error, "text", None) or getattr(error, "message", None)
    return said.in_language(LANGUAGE) if isinstance(said, Text) else str(error)


def _fail(message: str, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"error": message})
    else:
        typer.secho(_t("error", message=message), fg="red", err=True)
    raise typer.Exit(EXIT_ERROR)


def _usage(message: str) -> NoReturn:
    typer.secho(_t("error", message=message), fg="red", err=True)
    raise typer.Exit(EXIT_USAGE)


def main() -> None:
    """Run the command; an interrupt ends it quietly, everything complete stays."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo(_t("interrupted"), err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
