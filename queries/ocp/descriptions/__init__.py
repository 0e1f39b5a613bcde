"""The rule of each indicator in words, with an example, for its page; the rest of the page comes from `flags`.

Fields in braces are attributes of `Settings`; the page shows their defaults in bold.
"""

from __future__ import annotations

from queries.ocp.descriptions import parties, prices, processes
from queries.ocp.descriptions.description import Description

DESCRIPTIONS: tuple[Description, ...] = tuple(
    sorted((*processes.DESCRIPTIONS, *prices.DESCRIPTIONS, *parties.DESCRIPTIONS), key=lambda one: one.code)
)
"""In the order of their codes."""
