"""The run: a session a detector, in a process of its own, over the mutants that none before it has killed."""

from __future__ import annotations

import os
import pickle
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from queries.detector import Detector
from tests.mutation.mutant import CodeMutant, Mutant
from tests.mutation.session import CannotMutate, Functions, Outcome, Session
from tests.queries.casefiles import Case, read_cases


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one mutant over all detectors: `unreached` where none of their cases runs through its place."""

    mutant: Mutant
    outcome: Outcome


def sampled(mutants: Sequence[Mutant], size: int | None, seed: int) -> list[Mutant]:
    """At most so many mutants of each owner, drawn without regard to anything but the seed and their names."""
    if size is None:
        return list(mutants)
    owners: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        owners[_drawn_with(mutant)].append(mutant)
    drawn = set()
    for owner, own in owners.items():
        own.sort(key=lambda mutant: mutant.name)
        chance = random.Random(f"{seed} {owner}")
        drawn |= {mutant.name for mutant in chance.sample(own, min(size, len(own)))}
    return [mutant for mutant in mutants if mutant.name in drawn]


def _drawn_with(mutant: Mutant) -> str:
    """A detector's texts and its module are one owner."""
    owner = mutant.owner.split(" ")[0]
    return Path(owner).stem if owner.startswith("queries/") and mutant.group not in ("shared", "relations") else owner


def run(
    detectors: Sequence[Detector],
    mutants: Sequence[Mutant],
    functions: Functions,
    worlds: Path,
    *,
    seconds: float,
    cases: Mapping[str, Sequence[Case]] | None = None,
) -> Iterator[Tried]:
    """Try each mutant on each detector that it concerns, until a case kills it.

    Args:
        detectors: whose cases are asked.
        mutants: what to try.
        functions: as `catalogue.live_functions` finds them.
        worlds: folder in which loaded cases are kept.
        seconds: of the processor that one mutant may take over the cases of one detector.
        cases: cases of each detector, from its case file otherwise.

    Raises:
        CannotMutate: a case fails without any mutant.
    """
    left = list(mutants)
    reached: dict[str, Outcome] = {}
    for detector in detectors:
        own = cases[detector.id] if cases is not None else read_cases(detector.id)
        outcomes = _session(detector, own, left, functions, worlds, seconds)
        alive = []
        for mutant in left:
            outcome = outcomes.get(mutant.name)
            if outcome is None or outcome.verdict == "survived":
                alive.append(mutant)
            else:
                yield Tried(mutant, outcome)
            if outcome is not None:
                reached[mutant.name] = outcome
        left = alive
    for mutant in left:
        yield Tried(mutant, reached.get(mutant.name, Outcome("unreached")))


def _session(
    detector: Detector,
    cases: Sequence[Case],
    mutants: Sequence[Mutant],
    functions: Functions,
    worlds: Path,
    seconds: float,
) -> dict[str, Outcome]:
    """The outcomes of the mutants that concern a detector, found in a process that ends with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer: dict[str, Outcome] | str = "the session died"
        try:
            os.close(reading)
            threadpool_limits(1)  # a pool of threads does not outlive the forks that try changed code
            session = Session(detector, cases, worlds, functions)
            known = set(functions)
            answer = {
                mutant.name: session.try_out(mutant, seconds)
                for mutant in mutants
                if session.concerns(mutant) and (not isinstance(mutant, CodeMutant) or mutant.inside in known)
            }
        except Exception as error:
            answer = f"{detector.id}: {type(error).__name__}: {error}"
        finally:
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answer, pipe)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pickle.load(pipe)
    os.waitpid(child, 0)
    if isinstance(answer, str):
        raise CannotMutate(answer)
    return answer
