"""What the command prints for a person: progress, tables, one finding explained."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from i18n import Language, money, text
from queries.detector import FAMILIES, Detector
from queries.laws import laws
from queries.registry import detector as find_detector
from queries.scan import ScanResult
from viz.doctor import Check

TIER_STYLE = {"A": "bold red", "B": "yellow", "C": "blue"}


def _console() -> Console:
    return Console(soft_wrap=False, highlight=False)


@contextlib.contextmanager
def counting(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar told `(what, done, total)`, with rate and time left; total 0 where it is unknown."""
    if quiet:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(escape(what), total=total or None, rate="")
            task = bar.tasks[tasks[what]]
            speed = f"{task.speed:,.0f}/s" if task.speed else ""
            bar.update(tasks[what], completed=done, total=total or None, rate=speed)

        yield told


@contextlib.contextmanager
def stepping(*, quiet: bool, language: Language) -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar told `(detector, number, total)` before each detector runs."""
    if quiet:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def told(detector_id: str, number: int, total: int) -> None:
            title = find_detector(detector_id).title.in_language(language)
            bar.update(task, description=title, completed=number - 1, total=total)

        yield told


def show_load(report: dict[str, Any], language: Language) -> None:
    """The load report as a table, with what needs a look beneath it."""
    console = _console()
    table = Table(title=text("load.title", language))
    table.add_column(text("load.table", language))
    counts = ("read", "new", "updated", "unchanged", "duplicates", "quarantined")
    for name in counts:
        table.add_column(text(f"load.{name}", language), justify="right")
    for name, row in report["tables"].items():
        table.add_row(name, *(f"{row[count]:,}" for count in counts))
    console.print(table)
    for line in report.get("warnings", []):
        console.print(f"[yellow]![/] {escape(str(line))}")
    for name, count in report.get("dangling", {}).items():
        console.print(f"[yellow]![/] {escape(text('load.dangling', language, column=name, count=f'{count:,}'))}")
    for name, columns in report.get("unknown_columns", {}).items():
        console.print(
            f"[yellow]![/] {escape(text('load.unknown_columns', language, table=name, columns=', '.join(columns)))}"
        )
    console.print(text("load.snapshot", language, snapshot=report["snapshot"]), soft_wrap=True)


def show_scan(result: ScanResult, file: Path, language: Language) -> None:
    """A table per detector, the strongest findings, and what to do next."""
    console = _console()
    table = Table(title=text("scan.title", language, data_as_of=result.data_as_of or "?"))
    for name in ("family", "detector"):
        table.add_column(text(f"scan.{name}", language))
    for name in ("judged", "A", "B", "C", "cleared", "not_judgeable", "seconds"):
        table.add_column(text(f"scan.{name}", language), justify="right")
    notes = []
    for report in result.reports:
        found = find_detector(report.detector)
        table.add_row(
            FAMILIES[found.family].in_language(language),
            f"{found.title.in_language(language)}\n[dim]{found.id}[/]",
            f"{report.judged:,}",
            *(f"[{TIER_STYLE[t]}]{report.flagged[t]:,}[/]" if t in report.flagged else "–" for t in "ABC"),
            f"{report.cleared:,}",
            f"{sum(report.not_judgeable.values()):,}",
            f"{report.seconds:.2f}",
        )
        if report.implausible:
            notes.append(text("scan.implausible", language, detector=found.title.in_language(language)))
    console.print(table)
    for note in notes:
        console.print(f"[yellow]![/] {escape(note)}")
    flagged = [f for f in result.findings if f.lead.status.value == "flagged"]
    strongest = sorted(flagged, key=lambda f: (f.lead.tier.value, -f.lead.score, -f.lead.rank, f.finding_id))[:10]
    if strongest:
        leads = Table(title=text("scan.leads", language, shown=len(strongest), total=f"{len(flagged):,}"))
        for name in ("tier", "finding", "what"):
            leads.add_column(text(f"scan.{name}", language))
        for finding in strongest:
            tier = finding.lead.tier.value
            what = escape(" ".join(reason.in_language(language) for reason in finding.lead.reasons))
            leads.add_row(f"[{TIER_STYLE[tier]}]{tier}[/]", finding.finding_id, what)
        console.print(leads)
    console.print(text("scan.next", language, total=f"{len(result.findings):,}", file=file), soft_wrap=True)
    console.print(text("scan.lead_not_verdict", language), style="dim", soft_wrap=True)


def show_finding(finding: dict[str, Any], language: Language) -> None:
    """One finding for a person."""
    console = _console()
    found = find_detector(finding["detector"])

    def heading(key: str) -> None:
        console.print(f"\n[bold]{text(f'explain.{key}', language)}[/]")

    tier = finding["tier"]
    console.print(
        f"[{TIER_STYLE[tier]}]{tier}[/] [bold]{escape(found.title.in_language(language))}[/]  {finding['finding_id']}"
        f"  {text('status.' + finding['status'], language)}"
    )
    console.print(escape(found.question.in_language(language)), style="dim")
    heading("what")
    for reason in finding["reasons"]:
        console.print("· " + escape(reason[language]))
    if finding["amount"]:
        amount = money(finding["amount"]["value"], finding["amount"]["currency"])
        console.print("· " + text("explain.amount", language, amount=amount.in_language(language)))
    heading("why")
    console.print(escape(found.why.in_language(language)))
    heading("who")
    who = Table(show_header=False, box=None, pad_edge=False)
    for entity in finding["entities"]:
        who.add_row(entity["role"], entity["kind"], escape(entity["id"]))
    console.print(who)
    heading("innocent")
    titles = {twin.id: twin.title.in_language(language) for twin in found.innocent}
    for excuse in finding["innocent"]:
        verdict = text(f"verdict.{excuse['verdict']}", language)
        console.print(f"· {escape(titles[excuse['explanation']])}: {verdict}. {escape(excuse['basis'][language])}")
    heading("rows")
    rows = Table(show_header=False, box=None, pad_edge=False)
    for record in finding["evidence"]["records"]:
        rows.add_row(
            escape(record["file"]), text("explain.row", language, row=record["row"]), record["ref"].split(":")[0]
        )
    console.print(rows)
    heading("law")
    for rule in finding["legal_basis"]:
        law = laws()[rule]
        unseen = "" if law.checked else " " + text("explain.unchecked", language)
        console.print(f"· {law.title.in_language(language)} {law.article.in_language(language)}{unseen}")
        console.print("  " + escape(law.says.in_language(language)), style="dim")
    heading("parameters")
    console.print(
        ", ".join(f"{k} = {v}" for k, v in finding["parameters"].items()) or text("explain.none", language),
        soft_wrap=True,
    )
    console.print(
        text(
            "explain.version",
            language,
            version=finding["detector_version"],
            data_as_of=finding["data_as_of"] or "?",
            scan=finding["scan_id"],
        ),
        style="dim",
    )
    console.print(text("scan.lead_not_verdict", language), style="dim")


def show_detectors(detectors: Sequence[Detector], language: Language) -> None:
    """The catalogue, a line a detector."""
    table = Table()
    for name in ("family", "detector", "tier", "question"):
        table.add_column(text(f"scan.{name}", language))
    for found in detectors:
        table.add_row(
            FAMILIES[found.family].in_language(language),
            f"{found.title.in_language(language)}\n[dim]{found.id}[/]",
            "/".join(found.tiers),
            escape(found.question.in_language(language)),
        )
    _console().print(table)


def show_markdown(page: str) -> None:
    """A printed page in the terminal."""
    _console().print(Markdown(page))


def show_doctor(checks: Sequence[Check], language: Language) -> None:
    """What is installed, reachable or missing, and what to do."""
    table = Table()
    for name in ("check", "status", "detail", "remedy"):
        table.add_column(text(f"doctor.{name}", language))
    style = {"ok": "green", "missing": "yellow", "broken": "red"}
    for check in checks:
        table.add_row(
            escape(check.name.in_language(language)),
            f"[{style[check.status]}]{text(f'doctor.{check.status}', language)}[/]",
            escape(check.detail),
            escape(check.remedy.in_language(language) if check.status != "ok" else ""),
        )
    _console().print(table)
