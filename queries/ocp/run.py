"""`qingfeng ocp FILE…`, `qingfeng ocp coverage FILE…`, `qingfeng ocp prepare FILE`: the words, and what they run.

The command line is read by the standard library, and what reads and judges is imported only when it runs: on a small
file, starting is most of the time.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from i18n import section, shell_language

if TYPE_CHECKING:
    from queries.ocp.dataset import Account
    from queries.ocp.judging import Judgement

EXIT_STRICT = 1
EXIT_USAGE = 2
SHOWN = 10
"""Unreadable lines that are shown one by one; `--report` has all."""
MOST_WORKERS = 64

LANGUAGE = shell_language()


def _t(key: str, **values: object) -> str:
    return section("ocp")[key].format(**values).in_language(LANGUAGE)


def run(words: Sequence[str]) -> int:
    """Run `qingfeng ocp` with these words behind it, and return its exit code.

    Raises:
        SystemExit: the words are not understood, or ask for help.
    """
    # Arrays are added up, never multiplied as matrices: threads for that would only burn time while they wait.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    collecting = gc.isenabled()
    gc.disable()  # importing and reading make many objects, none of them in a cycle
    try:
        if not words:
            _parser("judge").print_help(sys.stderr)
            return EXIT_USAGE
        name, rest = (words[0], words[1:]) if words[0] in _COMMANDS else ("judge", words)
        chosen = _parser(name).parse_intermixed_args(rest)
        return _COMMANDS[name](chosen)
    finally:
        if collecting:
            gc.enable()


def main(words: Sequence[str]) -> NoReturn:
    """Run, and end the process with the exit code."""
    code = run(words)
    gc.freeze()  # what the process still holds goes with it, and need not be looked through for cycles
    sys.exit(code)


def _parser(name: str) -> argparse.ArgumentParser:
    about = {"judge": "about", "coverage": "coverage_about", "prepare": "prepare_about"}[name]
    parser = argparse.ArgumentParser(
        prog="qingfeng ocp" if name == "judge" else f"qingfeng ocp {name}",
        description=_t(about),
        epilog=_t("others") if name == "judge" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help=_t("files"))
    parser.add_argument("-s", "--settings", type=Path, metavar="FILE", help=_t("settings"))
    parser.add_argument("--strict", action="store_true", help=_t("strict"))
    if name == "judge":
        parser.add_argument(
            "-f", "--format", choices=("cardinal", "findings", "csv"), default="findings", help=_t("format")
        )
        parser.add_argument("--map", action="store_true", help=_t("map"))
        parser.add_argument("--meta", action=argparse.BooleanOptionalAction, default=False, help=_t("meta"))
        parser.add_argument("--workers", type=int, choices=range(1, MOST_WORKERS + 1), metavar="N", help=_t("workers"))
        parser.add_argument("--report", type=Path, metavar="FILE", help=_t("report"))
        parser.add_argument("-q", "--quiet", action="store_true", help=_t("quiet"))
    elif name == "coverage":
        parser.add_argument(
            "-f", "--format", choices=("text", "json", "cardinal"), default="text", help=_t("coverage_format")
        )
    else:
        parser.add_argument("--errors", type=Path, metavar="FILE", help=_t("errors"))
    return parser


def _judge(chosen: argparse.Namespace) -> int:
    from queries.ocp.cardinal_format import cardinal
    from queries.ocp.dataset import load
    from queries.ocp.judging import judge, scope
    from queries.ocp.settings import SettingsError, sections, settings_from

    try:
        settings = settings_from(
            sections(chosen.settings) if chosen.settings else None,
            profile="cardinal" if chosen.format == "cardinal" else "qingfeng",
        )
        data = load(chosen.files, workers=chosen.workers or _cores(), scope=scope(settings))
    except (SettingsError, OSError) as error:
        return _usage(str(error))
    judgement = judge(data, settings)
    out = sys.stdout.buffer
    if chosen.format == "cardinal":
        out.write(cardinal(judgement, meta=chosen.meta, maps=chosen.map))
    else:
        from queries.ocp.findings_format import findings, table

        if chosen.format == "csv":
            out.write(table(judgement).encode())
        else:
            out.writelines(findings(judgement))
    out.flush()
    if chosen.report is not None:
        import orjson

        from queries.ocp.findings_format import report

        chosen.report.write_bytes(
            orjson.dumps(report(judgement), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
    if not chosen.quiet:
        _tell(judgement)
    return EXIT_STRICT if chosen.strict and judgement.account.problems else 0


def _coverage(chosen: argparse.Namespace) -> int:
    import orjson

    from queries.ocp.coverage import cover, described
    from queries.ocp.settings import SettingsError, sections, settings_from

    try:
        settings = settings_from(sections(chosen.settings) if chosen.settings else None)
        found = cover(chosen.files, settings)
    except (SettingsError, OSError) as error:
        return _usage(str(error))
    out = sys.stdout.buffer
    if chosen.format == "cardinal":
        out.write(orjson.dumps(found.paths, option=orjson.OPT_APPEND_NEWLINE))
    elif chosen.format == "json":
        out.write(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        out.write(described(found, LANGUAGE).encode() + b"\n")
    out.flush()
    _tell_problems(found.account)
    return EXIT_STRICT if chosen.strict and found.account.problems else 0


def _prepare(chosen: argparse.Namespace) -> int:
    from queries.ocp.prepare import Preparation, prepare_files
    from queries.ocp.settings import SettingsError, sections

    try:
        preparation = Preparation(sections(chosen.settings) if chosen.settings else {})
        errors = chosen.errors
        with errors.open("w", encoding="utf-8", newline="") if errors else nullcontext(sys.stderr) as issues:
            broken = prepare_files(chosen.files, preparation, sys.stdout.buffer, issues)
    except (SettingsError, OSError) as error:
        return _usage(str(error))
    sys.stdout.flush()
    return EXIT_STRICT if chosen.strict and broken else 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "judge": _judge,
    "coverage": _coverage,
    "prepare": _prepare,
}


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
    print(line, file=sys.stderr)


def _usage(message: str) -> int:
    _say(_t("error", message=message))
    return EXIT_USAGE
