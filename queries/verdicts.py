"""The verdict on one innocent explanation, out of three sentences."""

from __future__ import annotations

from i18n import Text
from queries.finding import Excuse, Verdict


def verdict(
    explanation: str,
    fits: bool | None,
    *,
    yes: Text,
    no: Text,
    unknown: Text | None = None,
    gap: bool = False,
) -> Excuse:
    """The verdict with its basis, one of three sentences.

    Args:
        explanation: its id.
        fits: whether it holds; None where the data cannot tell.
        yes: the basis where it fits.
        no: the basis where it is ruled out.
        unknown: the basis where the data cannot tell.
        gap: where the data cannot tell, whether for want of one cell that they fill elsewhere (`Excuse.gap`).
    """
    if fits is None:
        assert unknown is not None
        return Excuse(explanation, Verdict.NOT_CHECKABLE, unknown, gap=gap)
    return Excuse(explanation, Verdict.FITS, yes) if fits else Excuse(explanation, Verdict.RULED_OUT, no)
