"""What is to be done when: the file of scheduled jobs."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from findings.schedule.cron import cron_trigger
from findings.settings import Settings
from i18n import Problem, Text, fault, listing

Action = Literal["scan", "deliver", "anchor", "expire"]


class ScheduleError(Problem):
    """The schedule cannot be read or run."""


class Job(BaseModel):
    """One job of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Action
    cron: str
    """Five fields, or six with seconds first."""
    families: tuple[str, ...] = ()
    """Of a scan: only these families of detectors; none is all."""
    detectors: tuple[str, ...] = ()
    """Of a scan: only these detectors."""
    changed_only: bool = True
    """Of a scan: run only detectors whose data changed; the result is that of a full scan."""
    jitter_seconds: int = Field(default=0, ge=0, le=86_400)
    grace_seconds: int = Field(default=3_600, ge=1, le=86_400)
    """How late it may start, also after the scheduler was down; later than that it is missed."""

    @field_validator("cron")
    @classmethod
    def _readable(cls, value: str) -> str:
        cron_trigger(value, ZoneInfo("UTC"))
        return value

    def trigger(self, timezone: ZoneInfo) -> CronTrigger:
        """When it is due."""
        return cron_trigger(self.cron, timezone, self.jitter_seconds)

    @property
    def grace(self) -> timedelta:
        """How late it may start."""
        return timedelta(seconds=self.grace_seconds)


class Schedule(BaseModel):
    """The file: a time zone and jobs by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: str = "Asia/Shanghai"
    jobs: dict[str, Job]

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"no time zone {value!r}") from None
        return value

    @field_validator("jobs")
    @classmethod
    def _named(cls, value: dict[str, Job]) -> dict[str, Job]:
        for name in value:
            if not (name.isidentifier() and name.isascii() and len(name) <= 60):
                raise ValueError(f"a job's name is a word of letters, digits and _: {name!r}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that cron expressions are meant in."""
        return ZoneInfo(self.timezone)


USUAL = Schedule(
    jobs={
        "nightly_scan": Job(action="scan", cron="0 2 * * *", jitter_seconds=300),
        "deliveries": Job(action="deliver", cron="*/30 * * * * *", grace_seconds=30),
        # Days of the audit trail end at midnight UTC, which is eight in the morning here.
        "daily_anchor": Job(action="anchor", cron="10 8 * * *", grace_seconds=86_400),
        "retention": Job(action="expire", cron="30 4 * * *", grace_seconds=86_400),
    }
)
"""What is done where there is no file."""


def schedule_file(settings: Settings) -> Path:
    """Where the file is: the setting, or `schedule.toml` in the workspace."""
    return settings.schedule_file or settings.workspace / "schedule.toml"


def read_schedule(settings: Settings) -> Schedule:
    """The schedule of the file, or the usual one where there is none.

    Raises:
        ScheduleError: the file cannot be read, or something in it is wrong; says what.
    """
    file = schedule_file(settings)
    if not file.exists() and settings.schedule_file is None:
        return USUAL
    try:
        return Schedule.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        reasons = listing(map(_wrong, error.errors(include_url=False)))
        raise ScheduleError("trust_bad_schedule", file=file, reason=reasons) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScheduleError("trust_bad_schedule", file=file, reason=error) from None


def _wrong(error: ErrorDetails) -> Text:
    """One fault of the file: where it is, what it is, and the words of what could not read it, where there are some."""
    where, given = ".".join(map(str, error["loc"])), error.get("ctx", {})
    said = fault(error["type"], given)
    more = given.get("error", "")
    return Text(
        zh=f"{where}：{said.zh}{f'（{more}）' if more else ''}", en=f"{where}: {said.en}{f' ({more})' if more else ''}"
    )
