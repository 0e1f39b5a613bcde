"""The parties of a small world, and how days and sums are spelled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from loaders.sample.context import day

Row = dict[str, str]
WAN = 1_000_000
"""万元 in fen."""
LONG_AGO = day("2015-03-01")


def iso(when: int) -> str:
    """ISO text of days since 1970-01-01."""
    return str(np.datetime64(when, "D"))


def yuan(fen: int) -> str:
    """Yuan with two decimals."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm with its own people, none of whom serves another."""

    id: str
    trade: str
    city: int
    legal_rep: str
    owner: str
    supervisor: str
    finance: str
    handler: str
    technical: str
    manager: str
    certificate: str
    account: str
    phone: str
    email: str
    machine: Row
    row: Row = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A public body and its officials: the head approves, finance pays, the clerk handles purchases."""

    id: str
    city: int
    head: str
    finance: str
    clerk: str
    account: str


def fen(text: str) -> int:
    """Fen from yuan with two decimals."""
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(rest)
