"""Cron expressions, read as cron reads them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = ("second", "minute", "hour", "day", "month", "day_of_week")


def cron_trigger(expression: str, timezone: tzinfo, jitter_seconds: int = 0) -> CronTrigger:
    """The times of a cron expression.

    Five fields (minute hour day month weekday), or six with the seconds first. In the weekday 0 and 7 are Sunday, as
    in every cron; APScheduler's own reading begins on Monday.

    Args:
        expression: such as `30 2 * * 1-5`.
        timezone: in which the fields are meant.
        jitter_seconds: up to how much later, by chance, so that many sites do not start in the same second.

    Raises:
        ValueError: the expression cannot be read.
    """
    fields = expression.split()
    if len(fields) == 5:
        fields = ["0", *fields]
    if len(fields) != 6:
        raise ValueError(f"a cron expression has five fields, or six with seconds: {expression!r}")
    if fields[3] != "*" and fields[5] != "*":
        # cron means either of them, APScheduler both: `0 2 1 * mon` would be two nights a year, not five a month.
        raise ValueError(f"a day of the month or a weekday, not both; make two jobs of it: {expression!r}")
    fields[5] = _weekdays(fields[5])
    return CronTrigger(**dict(zip(_FIELDS, fields, strict=True)), timezone=timezone, jitter=jitter_seconds or None)


def _weekdays(field: str) -> str:
    """The weekdays of a field as names, each by itself: APScheduler's ranges cannot begin on a Sunday."""
    if field == "*":
        return field
    days: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            start, end = 0, 6
        else:
            start = _weekday(first)
            end = _weekday(last) if last else (6 if step else start)
            if last and end < start:
                end += 7
        days.update(day % 7 for day in range(start, end + 1, int(step or 1)))
    return ",".join(_WEEKDAYS[day] for day in sorted(days))


def _weekday(name: str) -> int:
    if name in _WEEKDAYS:
        return _WEEKDAYS.index(name)
    if name.isascii() and name.isdecimal() and int(name) <= 7:
        return int(name)
    raise ValueError(f"a weekday is 0 to 7 or sun to sat: {name!r}")


def last_due(trigger: CronTrigger, at: datetime, within: timedelta) -> datetime | None:
    """The last time that was due not longer ago than `within`, None where there was none."""
    plain = CronTrigger(
        **{field.name: str(field) for field in trigger.fields if not field.is_default}, timezone=trigger.timezone
    )
    # Near times first: a day of a job that is due each second would be long to count through.
    for span in sorted({min(within, timedelta(minutes=1)), min(within, timedelta(hours=1)), within}):
        last: datetime | None = None
        due = plain.get_next_fire_time(None, at - span)
        while due is not None and due <= at:
            last = due
            due = plain.get_next_fire_time(due, due + timedelta(microseconds=1))
        if last is not None:
            return last
    return None
