"""Personal numbers out of texts that are kept: identity numbers and mobile numbers, as they are written in China."""

from __future__ import annotations

import re

IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])"
)
"""18 digits of GB 11643 with a possible date of birth; a credit code (GB 32100) has none at that place."""

MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])")

MASK = "***"


def without_personal_numbers(value: str) -> str:
    """The text with each identity number and mobile number replaced by `***`.

    >>> without_personal_numbers("查询 11010119900307783X，电话 138 0013 8000")
    '查询 ***，电话 ***'
    >>> without_personal_numbers("finding/1380013800a0b1c2d3e4 91440300708461136T")
    'finding/1380013800a0b1c2d3e4 91440300708461136T'
    """
    return MOBILE.sub(MASK, IDENTITY.sub(MASK, value))
