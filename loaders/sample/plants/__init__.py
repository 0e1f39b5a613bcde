"""The patterns and their innocent twins, a module per family of `detectors.md`.

Each act builds its own firms, officials and tenders, so that one plant does not show another's pattern; where a
pattern cannot be had without another, the act records both.
"""

from __future__ import annotations

from collections.abc import Callable

from loaders.sample.acts import Town
from loaders.sample.plants import (
    affiliated_bidders,
    arrears,
    bid_rigging,
    debt_feeding,
    debt_privileges,
    off_platform,
    power,
    qualification,
    special_funds,
    subcontracting,
    ties_to_the_tender,
)

_FAMILIES = (
    bid_rigging,
    affiliated_bidders,
    ties_to_the_tender,
    debt_feeding,
    debt_privileges,
    arrears,
    qualification,
    subcontracting,
    special_funds,
    off_platform,
    power,
)

PLANTED: tuple[Callable[[Town], None], ...] = tuple(act for family in _FAMILIES for act in family.PLANTED)
TWINS: tuple[Callable[[Town], None], ...] = tuple(act for family in _FAMILIES for act in family.TWINS)
