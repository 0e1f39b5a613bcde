"""Cron expressions, as cron reads them, and the file of jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from findings.schedule.cron import cron_trigger, last_due
from findings.schedule.jobs import USUAL, ScheduleError, read_schedule
from findings.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE)


def _next(expression: str, at: datetime = SUNDAY, count: int = 1) -> list[str]:
    trigger, times = cron_trigger(expression, ZONE), []
    for _ in range(count):
        at = trigger.get_next_fire_time(None, at + timedelta(seconds=1))
        times.append(f"{at:%a %d %H:%M:%S}")
    return times


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["Mon 23 02:30:00", "Tue 24 02:30:00"]),
        ("0 2 * * 0", ["Sun 29 02:00:00"]),
        ("0 2 * * 7", ["Sun 29 02:00:00"]),
        ("0 2 * * 1", ["Mon 23 02:00:00", "Mon 30 02:00:00"]),
        ("0 2 * * 1-5", ["Mon 23 02:00:00", "Tue 24 02:00:00", "Wed 25 02:00:00", "Thu 26 02:00:00",
                         "Fri 27 02:00:00", "Mon 30 02:00:00"]),
        ("0 2 * * sat,0", ["Sat 28 02:00:00", "Sun 29 02:00:00"]),
        ("0 2 * * 5-1", ["Mon 23 02:00:00", "Fri 27 02:00:00", "Sat 28 02:00:00", "Sun 29 02:00:00"]),
        ("0 2 * * */3", ["Wed 25 02:00:00", "Sat 28 02:00:00", "Sun 29 02:00:00"]),
        ("*/15 12 * * *", ["Sun 22 12:15:00", "Sun 22 12:30:00", "Sun 22 12:45:00"]),
        ("*/20 * * * * *", ["Sun 22 12:00:20", "Sun 22 12:00:40", "Sun 22 12:01:00"]),
    ],
)  # fmt: skip
def test_times_are_those_of_cron(expression: str, expected: list[str]) -> None:
    assert _next(expression, count=len(expected)) == expected


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "61 * * * *", "0 2 * * 8", "0 2 * * funday", "a b c d e", "0 2 1 * mon"]
)
def test_what_is_no_cron_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        cron_trigger(expression, ZONE)


def test_jitter_only_delays_and_stays_within_bounds() -> None:
    trigger = cron_trigger("0 2 * * *", ZONE, jitter_seconds=60)
    due = datetime(2026, 11, 23, 2, 0, tzinfo=ZONE)
    for _ in range(50):
        assert due <= trigger.get_next_fire_time(None, SUNDAY) <= due + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("expression", "hours", "expected"),
    [("0 11 * * *", 2, "11:00:00"), ("0 9 * * *", 2, None), ("0 * * * *", 24, "12:00:00"),
     ("* * * * * *", 24, "12:00:00"), ("0 13 * * *", 24, "13:00:00")],
)  # fmt: skip
def test_what_was_due_last_is_known_within_the_grace(expression: str, hours: int, expected: str | None) -> None:
    due = last_due(cron_trigger(expression, ZONE, jitter_seconds=300), SUNDAY, timedelta(hours=hours))
    assert (f"{due:%H:%M:%S}" if due else None) == expected


def _settings(folder: Path, text: str | None = None) -> Settings:
    if text is not None:
        (folder / "schedule.toml").write_text(text, encoding="utf-8")
    return Settings(workspace=folder, _env_file=None)  # type: ignore[call-arg]


def test_without_a_file_the_usual_is_done(tmp_path: Path) -> None:
    assert read_schedule(_settings(tmp_path)) == USUAL
    assert {job.action for job in USUAL.jobs.values()} == {"scan", "deliver", "anchor", "expire"}
    with pytest.raises(ScheduleError):
        read_schedule(_settings(tmp_path).model_copy(update={"schedule_file": tmp_path / "none.toml"}))


def test_a_file_says_what_is_done_when(tmp_path: Path) -> None:
    schedule = read_schedule(
        _settings(
            tmp_path,
            """
            timezone = "UTC"
            [jobs.weekly]
            action = "scan"
            cron = "0 1 * * 1"
            families = ["bid_rigging"]
            changed_only = false
            """,
        )
    )
    assert schedule.zone == ZoneInfo("UTC")
    assert (schedule.jobs["weekly"].families, schedule.jobs["weekly"].changed_only) == (("bid_rigging",), False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs = {a = {action='scan', cron='0 0 * * 9'}}", "weekday"),
        ("jobs = {a = {action='dance', cron='0 0 * * 1'}}", "action"),
        ("jobs = {a = {action='scan', cron='0 0 * * 1', often=true}}", "often"),
        ("jobs = {'../a' = {action='scan', cron='0 0 * * 1'}}", "name"),
        ("timezone='Mars/Olympus'\njobs={}", "Mars"),
        ("jobs = [", "schedule.toml"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScheduleError, match=said):
        read_schedule(_settings(tmp_path, text))
