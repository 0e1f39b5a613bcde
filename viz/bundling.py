"""Parallel edges as one: seven payments between two parties are a line with a count, a sum and a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from i18n import Language, text
from queries.wording import TIES
from viz.plain import line
from viz.wording import brief_amount, relation, said

OWNERSHIP = frozenset({"OWNS"})
ROLES = frozenset({"ROLE", "POST", "APPROVED", "EVALUATED", "AGENT_OF", "MEMBER_OF_TEAM", "HANDLED"})
KINSHIP = frozenset({"KIN"})
CONTACT = frozenset({"USES", "MADE_WITH"})
MONEY = frozenset(
    [
        "PAID",
        "PAID_BY",
        "PAID_TO",
        "PAID_DEPOSIT",
        "SETTLES",
        "FROM_FUND",
        "GRANTED",
        "GRANTED_TO",
        "ASSIGNED",
        "DISPOSED",
        "OWES",
        "OWED_TO",
    ]
)
STYLES = {
    **dict.fromkeys(OWNERSHIP, "ownership"),
    **dict.fromkeys(ROLES, "role"),
    **dict.fromkeys(KINSHIP, "kinship"),
    **dict.fromkeys(CONTACT, "contact"),
    **dict.fromkeys(MONEY, "money"),
}
"""How a relation is drawn; the rest is `trade`, a thin line."""
DIRECTIONLESS = KINSHIP | CONTACT


@dataclass(frozen=True, slots=True)
class Bundle:
    """All edges of one type between two nodes, in one direction and one currency."""

    type: str
    source: str
    target: str
    edges: tuple[Mapping[str, Any], ...]
    count: int
    """How many edges; one of them may itself stand for several."""
    amount: int | None
    """Sum in minor units; None where no edge has one."""
    currency: str
    first: str | None
    last: str | None
    own: bool
    """Whether it is part of the finding's pattern, beside its context."""

    @property
    def style(self) -> str:
        """`ownership`, `role`, `kinship`, `contact`, `money` or `trade`."""
        return STYLES.get(self.type, "trade")

    @property
    def directed(self) -> bool:
        """Whether source and target mean something."""
        return self.type not in DIRECTIONLESS

    def label(self, language: Language) -> str:
        """What the line says: relation, share or kind, count, sum, period."""
        first = self.edges[0]
        properties = first.get("properties") or {}
        parts = []
        share = first.get("share_pct")
        if share is not None:
            parts.append(f"{float(share):g} %")
        elif self.amount is None or self.count > 1:
            parts.append(relation(self.type, language))
        if self.style in ("role", "kinship") and (kind := properties.get("kind") or properties.get("relation")):
            parts = [TIES[kind].in_language(language) if kind in TIES else line(kind)]
        if self.count > 1 and self.amount is not None:
            parts = [text("export.times", language, count=self.count)]
        if self.amount is not None:
            parts.append(brief_amount(self.amount, self.currency, language))
        if self.first:
            parts.append(self.first if self.first == self.last else f"{self.first} → {self.last}")
        return line(" · ".join(parts))

    def sentence(self, language: Language) -> str:
        """What each of its edges says of itself."""
        words = [said(edge.get("text"), language) or relation(self.type, language) for edge in self.edges]
        return "\n".join(words)


def bundles(edges: Iterable[Mapping[str, Any]]) -> list[Bundle]:
    """The edges bundled, in a stated order: by type, source, target, currency."""
    groups: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for edge in edges:
        ends = (str(edge["source"]), str(edge["target"]))
        kind = str(edge["type"])
        ends = (min(ends), max(ends)) if kind in DIRECTIONLESS else ends
        groups[(kind, *ends, str(edge.get("currency") or "CNY"))].append(edge)
    return [_bundle(key, group) for key, group in sorted(groups.items())]


def _bundle(key: tuple[str, str, str, str], group: list[Mapping[str, Any]]) -> Bundle:
    kind, source, target, currency = key
    group.sort(key=lambda edge: (str(edge.get("day") or ""), str(edge.get("ref") or ""), str(edge.get("id") or "")))
    inner = [edge.get("bundle") or {} for edge in group]
    days = sorted(
        str(day)[:10]
        for edge, more in zip(group, inner, strict=True)
        for day in (edge.get("day"), more.get("first"), more.get("last"))
        if day
    )
    sums = [
        int(value)
        for edge, more in zip(group, inner, strict=True)
        if (value := more.get("amount", edge.get("amount"))) is not None
    ]
    return Bundle(
        type=kind,
        source=source,
        target=target,
        edges=tuple(group),
        count=sum(int(more.get("count") or 1) for more in inner),
        amount=sum(sums) if sums else None,
        currency=currency,
        first=days[0] if days else None,
        last=days[-1] if days else None,
        own=any(edge.get("own") for edge in group),
    )
