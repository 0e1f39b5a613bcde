"""What an indicator says: what it flagged, what passed, and what it could not judge and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queries.ocp.columns import distinct
from queries.ocp.competitions import Competitions, Flags, Ints
from queries.ocp.settings import Settings

Floats = NDArray[np.float64]

GROUPS = ("OCID", "Buyer", "ProcuringEntity", "Tenderer")
JUDGED = 0
"""The reason of what can be judged."""


@dataclass
class Count:
    """How far an indicator got with one kind of subject."""

    passed: int
    flagged: int
    not_judgeable: dict[str, int]

    @property
    def judged(self) -> int:
        """Passed or flagged."""
        return self.passed + self.flagged


@dataclass
class Outcome:
    """The result of one indicator.

    `processes` are (row of the process, value); `parties` are, per group, (organization, value); `ties` are the
    organizations that have a part in a flag, as (row of the process, organization); `meta` has quartiles and fences.
    """

    code: str
    processes: tuple[Ints, Floats] | None = None
    parties: dict[str, tuple[Ints, Floats]] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    ties: dict[str, tuple[Ints, Ints]] = field(default_factory=dict)
    meta: dict[str, float] = field(default_factory=dict)
    tied: dict[int, list[str]] | None = None


class Reasons:
    """Why competitions cannot be judged: the first reason that is given to one stays."""

    def __init__(self, count: int) -> None:
        self.names: list[str] = [""]
        self.code = np.zeros(count, dtype=np.int8)

    def give(self, name: str, where: Flags) -> None:
        """Let `name` be the reason `where` there is none yet."""
        self.names.append(name)
        self.code[where & (self.code == JUDGED)] = len(self.names) - 1

    @property
    def judged(self) -> Flags:
        """Where no reason has been given."""
        found: Flags = self.code == JUDGED
        return found


def by_process(
    code: str,
    case: Competitions,
    reasons: Reasons,
    flagged: Flags,
    values: Floats | None = None,
    *,
    lowest: bool = False,
) -> Outcome:
    """The outcome for processes out of that for their competitions.

    A process is flagged if one of its competitions is, passes if one was judged, and else has the first reason.
    Its value is the highest (`lowest`: the lowest) of its flagged competitions, or 1.
    """
    count = len(case.columns.ocid)
    rows = distinct(case.release[flagged])
    value = np.full(count, np.inf if lowest else -np.inf)
    found = np.ones(int(flagged.sum())) if values is None else values[flagged]
    (np.minimum if lowest else np.maximum).at(value, case.release[flagged], found)
    judged = np.zeros(count, dtype=np.bool_)
    judged[case.release[reasons.judged]] = True
    first = np.zeros(count, dtype=np.int8)
    undecided = ~judged[case.release]
    first[case.release[undecided][::-1]] = reasons.code[undecided][::-1]
    tally = np.bincount(first[~judged], minlength=len(reasons.names))
    not_judgeable = {name: int(number) for name, number in zip(reasons.names, tally, strict=True) if name and number}
    outcome = Outcome(code, processes=(rows.astype(np.int32), value[rows]))
    outcome.counts["OCID"] = Count(int(judged.sum()) - len(rows), len(rows), not_judgeable)
    return outcome


def flag_tenderers(outcome: Outcome, case: Competitions, competitions: Ints, bidders: Ints, value: float) -> None:
    """Flag, beside the processes, the tenderers who took part, each member of a consortium by itself."""
    at, parties = case.parties.spread(bidders)
    flagged = distinct(parties)
    outcome.parties["Tenderer"] = (flagged, np.full(len(flagged), value))
    outcome.ties["tenderer"] = (case.release[competitions][at], parties)


@dataclass
class Fence:
    """The edge of the usual: quartiles by R-8, and one and a half interquartile ranges beyond them.

    `edge` is None where the values allow none, and `reason` says why: too few of them, or no spread at all (half
    or more of them equal, so that *beyond* would mean *different from the rest*).
    """

    edge: float | None
    reason: str = ""
    q1: float | None = None
    q3: float | None = None


def fence(values: Floats, settings: Settings, *, upper: bool, threshold: float | None = None) -> Fence:
    """The fence of `values`, or the one that the settings fix."""
    if threshold is not None:
        return Fence(threshold)
    if len(values) < max(1, settings.minimum_population):
        return Fence(None, "too_few")
    q1, q3 = quantile(values, 0.25), quantile(values, 0.75)
    if q1 == q3 and len(values) > 1:
        return Fence(None, "no_spread", q1, q3)
    return Fence(q3 + 1.5 * (q3 - q1) if upper else q1 - 1.5 * (q3 - q1), "", q1, q3)


def quantile(values: NDArray[Any], share: float) -> float:
    """The quantile of some values by definition 8 (R-8): numpy's `median_unbiased`, without all that it imports."""
    place = len(values) * share + (1 + share) / 3 - 1
    below = int(min(max(np.floor(place), 0), len(values) - 1))
    above = min(below + 1, len(values) - 1)
    low, high = (float(one) for one in np.partition(values, (below, above))[[below, above]])
    part = min(max(place - below, 0.0), 1.0)
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


def note_fence(outcome: Outcome, found: Fence, *, upper: bool, prefix: str = "") -> None:
    """Put the quartiles and the fence into the outcome's meta data."""
    name = "upper_fence" if upper else "lower_fence"
    entries: Sequence[tuple[str, float | None]] = (("q1", found.q1), ("q3", found.q3), (name, found.edge))
    outcome.meta.update({f"{prefix}{key}": value for key, value in entries if value is not None})
