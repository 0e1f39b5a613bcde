"""The verdict on one innocent explanation, out of three sentences."""

from __future__ import annotations

from i18n import Text
from queries.finding import Excuse, Verdict


def verdict(explanation: str, fits: bool | None, *, yes: Text, no: Text, unknown: Text | None = None) -> Excuse:
    """`fits` true, false, or None where the data cannot tell; the sentence that goes with it is the basis."""
    if fits is None:
        assert unknown is not None
        return Excuse(explanation, Verdict.NOT_CHECKABLE, unknown)
    return Excuse(explanation, Verdict.FITS, yes) if fits else Excuse(explanation, Verdict.RULED_OUT, no)
