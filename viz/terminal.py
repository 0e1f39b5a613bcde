"""What the command prints for a person: progress, tables, one finding explained."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from i18n import Language, money, text
from queries.coverage import Coverage
from queries.detector import FAMILIES, Detector
from queries.laws import laws
from queries.parameters import described, spoken
from queries.registry import detector as find_detector
from queries.scan import Progress as ScanProgress
from queries.scan import ScanResult
from viz.doctor import Check
from viz.wording import term

NOTES = 12
"""Most notes of a load that the screen shows; the load report has them all."""

TIER_STYLE = {"A": "bold red", "B": "yellow", "C": "blue"}


def _console() -> Console:
    return Console(soft_wrap=False, highlight=False)


class Counting(Protocol):
    """Told what is being done, how much of it is done, and how much there is (0 where it is unknown)."""

    def __call__(self, name: str, done: int, total: int) -> None: ...


@contextlib.contextmanager
def counting(*, quiet: bool) -> Iterator[Counting | None]:
    """A progress bar a name, with rate and time left."""
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

        def told(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(escape(name), total=total or None, rate="")
            task = bar.tasks[tasks[name]]
            speed = f"{task.speed:,.0f}/s" if task.speed else ""
            bar.update(tasks[name], completed=done, total=total or None, rate=speed)

        yield told


class Tick(Protocol):
    """How far a load is; see `loaders.report.Tick`."""

    @property
    def step(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def rows(self) -> int: ...


@contextlib.contextmanager
def loading(*, quiet: bool, language: Language) -> Iterator[Callable[[Tick], None] | None]:
    """A progress bar over the bytes of a load's files, with rows per second and time left."""
    if quiet:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate="")
        started = time.monotonic()

        def told(tick: Tick) -> None:
            step = text(f"load.step_{tick.step}", language, name=tick.name)
            rate = text("load.rate", language, rate=f"{tick.rows / max(0.1, time.monotonic() - started):,.0f}")
            bar.update(task, description=escape(step), completed=tick.done, total=tick.total or None, rate=rate)

        yield told


@contextlib.contextmanager
def stepping(*, quiet: bool, language: Language) -> Iterator[ScanProgress | None]:
    """A progress bar told `(detector, number, total)` before each detector runs."""
    if quiet:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def told(detector: str, number: int, total: int) -> None:
            title = find_detector(detector).title.in_language(language)
            bar.update(task, description=title, completed=number - 1, total=total)

        yield told


def show_load(report: dict[str, Any], language: Language) -> None:
    """The load report as a table, with what needs a look beneath it."""
    console = _console()
    table = Table(title=text("load.report_title", language))
    counts = ("read", "new", "updated", "unchanged", "duplicates", "quarantined")
    for name in ("table", *counts):
        table.add_column(text(f"load.column_{name}", language), justify="left" if name == "table" else "right")
    for name, row in report["tables"].items():
        table.add_row(name, *(f"{row[count]:,}" for count in counts))
    console.print(table)

    def note(message: str) -> None:
        console.print(f"[yellow]![/] {escape(message)}", soft_wrap=True)

    for warning in report["warnings"][:NOTES]:
        note(text(f"load.{warning['key']}", language, **warning["values"]))
    if len(report["warnings"]) > NOTES:
        note(text("load.report_more_notes", language, shown=NOTES, total=f"{len(report['warnings']):,}"))
    for name, count in report["dangling"].items():
        note(text("load.report_dangling", language, column=name, count=f"{count:,}"))
    for file in report["files"]:
        if file["unknown_columns"]:
            columns = ", ".join(file["unknown_columns"])
            note(text("load.report_unknown_columns", language, file=file["file"], columns=columns))
    examples = report["quarantine"].get("examples", [])
    for reason, count in report["quarantine"].get("reasons", {}).items():
        example = next((example for example in examples if example["reason"] == reason), None)
        if example is None:
            note(text("load.report_quarantine", language, count=f"{count:,}", reason=reason))
            continue
        said = example["message"][language]
        place = {"file": example["file"], "row": example["row"], "column": example["column"] or "–"}
        note(text("load.report_quarantined", language, count=f"{count:,}", message=said, **place))
    outcome = "load.report_snapshot" if report["changed"] else "load.report_unchanged"
    console.print(text(outcome, language, snapshot=report["snapshot_after"]), soft_wrap=True)


def show_scan(result: ScanResult, file: Path, language: Language) -> None:
    """A table per detector, the strongest findings, and what to do next."""
    console = _console()
    table = Table(title=text("scan.title", language, data_as_of=result.data_as_of or "?"), box=box.SIMPLE_HEAD)
    table.add_column(text("scan.detector", language), overflow="fold")
    table.add_column(text("scan.judged", language), justify="right", no_wrap=True)
    for tier in "ABC":
        table.add_column(tier, justify="right", no_wrap=True)
    for name in ("cleared", "not_judgeable", "seconds"):
        table.add_column(text(f"scan.{name}", language), justify="right", min_width=7)
    notes = []
    for report in result.reports:
        found = find_detector(report.detector)
        table.add_row(
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
    console.print(text("scan.tiers", language), style="dim", soft_wrap=True)
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
        who.add_row(
            term("role", entity["role"], language), term("kind", entity["kind"], language), escape(entity["id"])
        )
    console.print(who)
    heading("innocent")
    titles = {twin.id: twin.title.in_language(language) for twin in found.innocent}
    for excuse in finding["innocent"]:
        verdict = text(f"verdict.{excuse['verdict']}", language)
        title, basis = escape(titles[excuse["explanation"]]), escape(excuse["basis"][language])
        console.print(f"· {title}：{verdict}。{basis}" if language == "zh" else f"· {title}: {verdict}. {basis}")
    heading("rows")
    rows = Table(show_header=False, box=None, pad_edge=False)
    for record in finding["evidence"]["records"]:
        table = term("table", record["ref"].split(":")[0], language)
        rows.add_row(escape(record["file"]), text("explain.row", language, row=record["row"]), escape(table))
    console.print(rows)
    heading("law")
    for rule in finding["legal_basis"]:
        law = laws()[rule]
        unseen = "" if law.checked else " " + text("explain.unchecked", language)
        console.print(f"· {law.title.in_language(language)} {law.article.in_language(language)}{unseen}")
        console.print("  " + escape(law.says.in_language(language)), style="dim")
        if law.source:
            source = text("explain.law_source", language, source=law.source.in_language(language))
            console.print("  " + escape(source), style="dim", soft_wrap=True)
    heading("parameters")
    meanings = described(found)
    for name, value in finding["parameters"].items():
        said = spoken(found.id, name, value).in_language(language)
        console.print(f"· {name} = {escape(said)}", soft_wrap=True)
        if name in meanings:
            console.print("  " + escape(meanings[name].in_language(language)), style="dim", soft_wrap=True)
    if not finding["parameters"]:
        console.print(text("explain.none", language))
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


def show_coverage(covered: Sequence[Coverage], language: Language) -> None:
    """Which detectors the data can feed, what is missing, and the emptiest column that each reads."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("detector", "can_judge", "missing", "emptiest"):
        table.add_column(text(f"coverage.{name}", language))
    for item in sorted(covered, key=lambda item: not item.can_judge):
        missing = _by_table(item.missing) or (f"({_by_table(item.missing_optional)})" if item.missing_optional else "–")
        emptiest = min(item.fill, key=lambda name: (item.fill[name], name))
        table.add_row(
            f"{find_detector(item.detector).title.in_language(language)}\n[dim]{item.detector}[/]",
            text("coverage.yes" if item.can_judge else "coverage.no", language),
            escape(missing),
            f"{escape(emptiest)} {item.fill[emptiest]:.0%}",
        )
    console = _console()
    console.print(table)
    able = sum(item.can_judge for item in covered)
    console.print(text("coverage.summary", language, able=able, total=len(covered)), soft_wrap=True)


def _by_table(columns: Sequence[str]) -> str:
    """`bids.price, bids.rank, debts.amount` as `bids: price, rank; debts: amount`."""
    tables: dict[str, list[str]] = {}
    for column in columns:
        table, _, name = column.partition(".")
        tables.setdefault(table, []).append(name)
    return "; ".join(f"{table}: {', '.join(names)}" for table, names in tables.items())


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
