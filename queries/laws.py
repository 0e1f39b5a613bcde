"""The rules that findings cite: title, article, text, dates of force. Data in `queries/data/laws.toml`."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from i18n import Text


@dataclass(frozen=True, slots=True)
class Law:
    """One article of a statute, decree or published standard."""

    id: str
    title: Text
    """Official title with its number."""
    article: Text
    says: Text
    """What the article says of the matter: quoted where the text was seen, else a summary."""
    valid_from: date | None
    valid_to: date | None
    checked: bool
    """Whether the text itself was seen; if not, check it before it is cited as fact."""
    source: Text | None = None
    """Where or when the text was published that this article was compared with; none where it was not seen."""

    def in_force(self, day: date | None) -> bool:
        """Whether it was in force on a day; an unknown day is taken as a day of force."""
        if day is None:
            return True
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@functools.cache
def laws() -> dict[str, Law]:
    """Every rule, by id."""
    document = tomllib.loads(files("queries").joinpath("data", "laws.toml").read_text(encoding="utf-8"))
    statutes = document["statutes"]
    rules: dict[str, Law] = {}
    for rule_id, entry in document["articles"].items():
        statute = statutes[entry["statute"]]
        checked = entry.get("checked", True)
        rules[rule_id] = Law(
            id=rule_id,
            title=Text(zh=statute["zh"], en=statute["en"]),
            article=Text(zh=entry["article_zh"], en=entry["article_en"]),
            says=Text(zh=entry["zh"], en=entry["en"]),
            valid_from=entry.get("valid_from", statute.get("valid_from")),
            valid_to=entry.get("valid_to", statute.get("valid_to")),
            checked=checked,
            source=_source(statute["source"]) if checked else None,
        )
    return rules


def _source(entry: str | dict[str, str]) -> Text:
    """An address reads the same in both languages; a publication has its words in each."""
    return Text(zh=entry, en=entry) if isinstance(entry, str) else Text(zh=entry["zh"], en=entry["en"])


def in_force(ids: tuple[str, ...], day: date | None) -> tuple[str, ...]:
    """Those of the rules that were in force on the day of the act."""
    return tuple(rule_id for rule_id in ids if laws()[rule_id].in_force(day))
