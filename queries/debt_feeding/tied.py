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
    sentence = Text(
        zh="{party}与有权审批或支付的公职人员{official}存在关联（{tie}）。",
        en="{party} is tied ({tie}) to {official}, who approves or pays there.",
    )
    return sentence.format(party=party, official=first["name"] or first["id"], tie=tie(first["how"]))


def official_entities(officials: Officials) -> tuple[Entity, ...]:
    """The officials, each once."""
    return tuple(Entity(person, "person", "official") for person in sorted({o["id"] for o in officials}))
