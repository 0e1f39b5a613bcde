"""Mutants of parameters: one threshold of a detector moved a little, whatever value a case gives it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from queries.detector import Detector, Params
from queries.finding import Tier
from tests.mutation.mutant import ParameterMutant

_STEP = 0.05
"""Share by which a threshold that is no whole number moves; a whole number moves by one."""


def parameter_mutants(detector: Detector) -> Iterator[ParameterMutant]:
    """Each number among the parameters moved up and down, as far as its bounds allow.

    None for a detector that is statistical only: its thresholds are rates over a whole market, and a small world has no
    edge of them. What they do is measured on simulated markets (`tests/queries/statistics`).
    """
    if set(detector.tiers) == {Tier.C}:
        return
    defaults = detector.parameters()
    for name in detector.parameters.model_fields:
        for kind, sign in (("threshold raised", 1), ("threshold lowered", -1)):
            mutant = ParameterMutant(detector.family, f"{detector.id} parameters", kind, name, detector.id, name, sign)
            if moved(defaults, mutant) is not None:
                yield mutant


def moved(params: Params, mutant: ParameterMutant) -> Params | None:
    """The parameters with one of them moved; None where it is no number, or its bounds do not allow it."""
    value = getattr(params, mutant.parameter)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    new = value + mutant.sign if isinstance(value, int) else value * (1 + mutant.sign * _STEP)
    if new == value:
        return None
    try:
        return type(params).model_validate({**params.model_dump(), mutant.parameter: new})
    except ValidationError:
        return None
