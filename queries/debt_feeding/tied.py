"""Words and entities for a party that is tied to officials with power at the debtor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from i18n import Text
from queries.finding import Entity
from queries.wording import tie

Officials = Sequence[dict[str, Any]]
"""`{id, name, how}` of each, as the relations list them."""


def tied_sentence(party: str, officials: Officials) -> Text:
    """Says to whom a party is tied and how; the first official stands for the others."""
    first = officials[0]
    return tie_sentence(party, first["name"] or first["id"], first["how"])


def tie_sentence(party: str, official: str, how: str) -> Text:
    """Says how a party is tied (`ties.how`) to an official with power at the debtor, or that it is the official."""
    if how == "self":
        return Text(
            zh="{party}本人即有权审批或支付的公职人员。", en="{party} is the official who approves or pays there."
        ).format(party=party)
    return Text(
        zh="{party}与有权审批或支付的公职人员{official}存在关联（{tie}）。",
        en="{party} is tied ({tie}) to {official}, who approves or pays there.",
    ).format(party=party, official=official, tie=tie(how))


def official_entities(officials: Officials) -> tuple[Entity, ...]:
    """The officials, each once."""
    return tuple(Entity(person, "person", "official") for person in sorted({o["id"] for o in officials}))
