"""What a mutant is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import CodeType
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class FunctionKey:
    """Where a function stands: what a mutated module and the running program both know of it."""

    file: str
    qualname: str
    line: int


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one place.

    Attributes:
        group: family of detectors, or folder of shared code, that the figures count it under.
        owner: detector, relation or module that is changed; a sample draws from each.
        kind: what sort of change, for the figures.
        change: what becomes of what, so that a reader finds the place; unique within its owner.
    """

    group: str
    owner: str
    kind: str
    change: str

    @property
    def name(self) -> str:
        """Its name in reports and in the list of equivalent mutants."""
        return f"{self.owner}: {self.kind}: {self.change}"


@dataclass(frozen=True, slots=True)
class TextMutant(Mutant):
    """A query text, of detectors or of a relation, and what writes the text that it becomes.

    `unchanged` writes it as the generator of SQL does, without a change: it must mean the same.
    """

    original: str
    mutated: Callable[[], str]
    unchanged: Callable[[], str] | None


@dataclass(frozen=True, slots=True)
class ParameterMutant(Mutant):
    """A number among a detector's parameters, and which way it moves: `sign` is 1 or -1."""

    detector: str
    parameter: str
    sign: int


@dataclass(frozen=True, slots=True)
class CodeMutant(Mutant):
    """A function that must run for the change to matter, and what compiles it, and those around it, changed."""

    inside: FunctionKey
    codes: Callable[[], dict[FunctionKey, CodeType]]


AnyMutant = TypeVar("AnyMutant", bound=Mutant)


def numbered(mutants: Iterable[AnyMutant]) -> list[AnyMutant]:
    """The same change at several places of one owner, told apart by number."""
    seen: dict[str, int] = {}
    unique = []
    for mutant in mutants:
        count = seen[mutant.name] = seen.get(mutant.name, 0) + 1
        unique.append(mutant if count == 1 else replace(mutant, change=f"{mutant.change} #{count}"))
    return unique
