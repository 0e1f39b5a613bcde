"""`qingfeng ocp FILE…`, `qingfeng ocp coverage FILE…`, `qingfeng ocp prepare FILE`.

What reads and judges is imported only when it runs: the command starts in the time of the command line alone.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from i18n import Language
from queries.ocp.messages import MESSAGES

if TYPE_CHECKING:
    from queries.ocp.dataset import Account
    from queries.ocp.judging import Judgement

EXIT_STRICT = 1
EXIT_USAGE = 2
SHOWN = 10
"""Unreadable lines that are shown one by one; `--report` has all."""

LANGUAGE: Language = "zh" if os.environ.get("QINGFENG_LANG", "en").lower().startswith("zh") else "en"


def _t(key: str, **values: object) -> str:
    return MESSAGES[key].format(**values).in_language(LANGUAGE)


class _JudgeByDefault(TyperGroup):
    """A group whose first word may be a file: then the hidden command `judge` gets everything."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["judge", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_JudgeByDefault, help=_t("about"), no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

FilesArgument = Annotated[list[str], typer.Argument(help=_t("files"), show_default=False)]
SettingsOption = Annotated[Path | None, typer.Option("--settings", "-s", help=_t("settings"))]
WorkersOption = Annotated[int | None, typer.Option(help=_t("workers"), min=1, max=64)]
StrictOption = Annotated[bool, typer.Option("--strict", help=_t("strict"))]


@app.command(hidden=True, help=_t("about"))
def judge(
    files: FilesArgument,
    settings: SettingsOption = None,
    form: Annotated[
        Literal["cardinal", "findings", "csv"], typer.Option("--format", "-f", help=_t("format"))
    ] = "findings",
    maps: Annotated[bool, typer.Option("--map", help=_t("map"))] = False,
    meta: Annotated[bool, typer.Option("--meta/--no-meta", help=_t("meta"))] = False,
    workers: WorkersOption = None,
    report: Annotated[Path | None, typer.Option(help=_t("report"), dir_okay=False)] = None,
    strict: StrictOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_t("quiet"))] = False,
) -> None:
    import orjson

    from queries.ocp.cardinal_format import cardinal
    from queries.ocp.dataset import load
    from queries.ocp.findings_format import findings, table
    from queries.ocp.findings_format import report as reported
    from queries.ocp.judging import judge as judged
    from queries.ocp.settings import SettingsError, sections, settings_from

    try:
        chosen = settings_from(
            sections(settings) if settings else None, profile="cardinal" if form == "cardinal" else "qingfeng"
        )
        data = load(files, workers=workers or _cores(), digits=chosen.r048_digits)
    except (SettingsError, OSError) as error:
        _usage(str(error))
    judgement = judged(data, chosen)
    out = sys.stdout.buffer
    if form == "cardinal":
        out.write(cardinal(judgement, meta=meta, maps=maps))
    elif form == "csv":
        out.write(table(judgement).encode())
    else:
        out.writelines(findings(judgement))
    out.flush()
    if report is not None:
        report.write_bytes(orjson.dumps(reported(judgement), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    if not quiet:
        _tell(judgement)
    if strict and judgement.account.problems:
        raise typer.Exit(EXIT_STRICT)


@app.command(help=_t("coverage_about"))
def coverage(
    files: FilesArgument,
    settings: SettingsOption = None,
    form: Annotated[
        Literal["text", "json", "cardinal"], typer.Option("--format", "-f", help=_t("coverage_format"))
    ] = "text",
    strict: StrictOption = False,
) -> None:
    import orjson

    from queries.ocp.coverage import cover, described
    from queries.ocp.settings import SettingsError, sections, settings_from

    try:
        chosen = settings_from(sections(settings) if settings else None)
        found = cover(files, chosen)
    except (SettingsError, OSError) as error:
        _usage(str(error))
    if form == "cardinal":
        sys.stdout.buffer.write(orjson.dumps(found.paths, option=orjson.OPT_APPEND_NEWLINE))
    elif form == "json":
        sys.stdout.buffer.write(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        typer.echo(described(found, LANGUAGE))
    sys.stdout.flush()
    _tell_problems(found.account)
    if strict and found.account.problems:
        raise typer.Exit(EXIT_STRICT)


@app.command(help=_t("prepare_about"))
def prepare(
    files: FilesArgument,
    settings: SettingsOption = None,
    errors: Annotated[Path | None, typer.Option(help=_t("errors"), dir_okay=False)] = None,
    strict: StrictOption = False,
) -> None:
    from queries.ocp.prepare import Preparation, prepare_files
    from queries.ocp.settings import SettingsError, sections

    try:
        preparation = Preparation(sections(settings) if settings else {})
        with errors.open("w", encoding="utf-8", newline="") if errors else nullcontext(sys.stderr) as issues:
            broken = prepare_files(files, preparation, sys.stdout.buffer, issues)
    except (SettingsError, OSError) as error:
        _usage(str(error))
    sys.stdout.flush()
    if strict and broken:
        raise typer.Exit(EXIT_STRICT)


def _cores() -> int:
    return min(4, len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else min(4, os.cpu_count() or 1)


def _tell(judgement: Judgement) -> None:
    from queries.ocp.findings_format import implausible
    from queries.ocp.flags import BY_CODE, REASONS

    account, case = judgement.account, judgement.case
    say = _say
    currencies = ", ".join(f"{name} {count:,}" for name, count in list(case.currencies.items())[:4]) or "-"
    how = "currency_set" if case.settings.currency else "currency_majority"
    say(
        _t(
            "read",
            sources=len(account.sources),
            lines=f"{account.lines:,}",
            processes=f"{len(case.columns.ocid):,}",
            cancelled=f"{case.excluded['cancelled']:,}",
            exclusion=f"{case.excluded['exclusion']:,}",
        )
    )
    say(_t(how, currency=judgement.currency or "-", currencies=currencies))
    if account.duplicated:
        say(_t("duplicates", ocids=f"{account.duplicated:,}", releases=f"{account.merged + account.duplicated:,}"))
    say(f"{'':6}{_t('subject'):16}{_t('judged'):>10}{_t('flagged'):>10}   {_t('not_judgeable')}")
    for outcome in judgement.outcomes:
        for group, count in outcome.counts.items():
            reasons = "; ".join(
                f"{number:,} {REASONS[name].in_language(LANGUAGE)}" for name, number in count.not_judgeable.items()
            )
            say(f"{outcome.code:6}{group:16}{count.judged:>10,}{count.flagged:>10,}   {reasons or '-'}")
    for code, group, share in implausible(judgement):
        most = BY_CODE[code].max_share
        say(_t("implausible", code=code, group=group, share=f"{share:.0%}", most=f"{most:.0%}"))
    _tell_problems(account)


def _tell_problems(account: Account) -> None:
    for (path, what), (count, source, line) in sorted(account.notes.items()):
        if path and what != "missing":
            key = "coerced" if what == "coerced" else "ignored"
            _say(_t(key, path=path, count=f"{count:,}", file=account.sources[source], line=line))
    if account.problems:
        _say(_t("unreadable", count=f"{len(account.problems):,}"))
        for one in account.problems[:SHOWN]:
            _say(f"  {account.sources[one.source]}:{one.line}: {one.reason}")
        if len(account.problems) > SHOWN:
            _say(_t("more", count=f"{len(account.problems) - SHOWN:,}"))


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _usage(message: str) -> NoReturn:
    _say(_t("error", message=message))
    raise typer.Exit(EXIT_USAGE)
