"""Texts that a user sees, each in Chinese and in English.

Detector metadata and sentences of a finding are `Text` values beside the code that they describe; everything
else (the command line, error messages, the pages) is a key of the one catalogue, `i18n/catalogue.toml`.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages; `{name}` fields are filled by `format`."""

    zh: str
    en: str

    def format(self, **values: object) -> Text:
        """Fill the fields of both languages with the same values.

        Raises:
            KeyError: a field of the text has no value.
        """
        return Text(zh=self.zh.format(**values), en=self.en.format(**values))

    def in_language(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en

    def as_dict(self) -> dict[str, str]:
        """`{"zh": …, "en": …}`, as it leaves the system in a finding."""
        return {"zh": self.zh, "en": self.en}


@functools.cache
def catalogue() -> dict[str, Text]:
    """The whole catalogue, by dotted key."""
    document = tomllib.loads(files("i18n").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    texts: dict[str, Text] = {}
    for section, entries in document.items():
        for name, entry in entries.items():
            texts[f"{section}.{name}"] = Text(zh=entry["zh"], en=entry["en"])
    return texts


def text(key: str, language: Language, **values: object) -> str:
    """The catalogue's text for `key` in `language`, its fields filled.

    Raises:
        KeyError: the catalogue has no such key, or a field has no value.
    """
    return catalogue()[key].in_language(language).format(**values)
