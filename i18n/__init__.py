"""Texts that a user sees, each in Chinese and in English.

Detector metadata and sentences of a finding are `Text` values beside the code that they describe; everything
else (the command line, error messages, the pages) is a key of the one catalogue, the TOML files of this folder. A
section that a fast command needs alone has a file of its own, and every other one is in `catalogue.toml`.

Modules that only some calls need are imported in them: this package stands at the start of every command.
"""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_FOLDER = Path(__file__).resolve().parent


def shell_language() -> Language:
    """The language in which commands speak: that of `QINGFENG_LANG`, English where it is not set."""
    return "zh" if os.environ.get("QINGFENG_LANG", "en").lower().startswith("zh") else "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages; `{name}` fields are filled by `format`."""

    zh: str
    en: str

    def format(self, **values: object) -> Text:
        """Fill the fields of both languages; a value that is itself a `Text` gives each language its own.

        Raises:
            KeyError: a field of the text has no value.
        """
        return Text(
            zh=self.zh.format(**{k: v.zh if isinstance(v, Text) else v for k, v in values.items()}),
            en=self.en.format(**{k: v.en if isinstance(v, Text) else v for k, v in values.items()}),
        )

    def in_language(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en

    def as_dict(self) -> dict[str, str]:
        """`{"zh": …, "en": …}`, as it leaves the system in a finding."""
        return {"zh": self.zh, "en": self.en}


def listing(items: Iterable[str | Text]) -> Text:
    """Several names as one enumeration: `甲、乙` and `甲, 乙`."""
    parts = [item if isinstance(item, Text) else Text(zh=item, en=item) for item in items]
    return Text(zh="、".join(part.zh for part in parts), en=", ".join(part.en for part in parts))


def near(word: str, known: Iterable[str]) -> str:
    """What was probably meant: the known words nearest to `word`, or all of them where none is near."""
    import difflib

    words = sorted(known)
    return ", ".join(difflib.get_close_matches(word, words, n=3) or words)


def money(minor: int, currency: str = "CNY") -> Text:
    """A sum of money in minor units for a sentence: `12.34 万元` and `CNY 123,400.00`."""
    exact = f"{currency} {minor / 100:,.2f}"
    if currency != "CNY":
        return Text(zh=exact, en=exact)
    yuan = minor / 100
    return Text(zh=f"{yuan / 10_000:,.2f} 万元" if abs(yuan) >= 10_000 else f"{yuan:,.2f} 元", en=exact)


class Problem(Exception):
    """An error that a user sees: what is wrong, where, and what to do, in both languages.

    `key` names the text in the catalogue's section `error`; `str()` is English, `text` has both.
    """

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.text = catalogue()[f"error.{key}"].format(**values)
        super().__init__(self.text.en)

    def __str__(self) -> str:
        return self.text.en


@functools.cache
def catalogue() -> dict[str, Text]:
    """The whole catalogue, by dotted key."""
    return {
        f"{section_name}.{name}": value
        for file in sorted(_FOLDER.glob("*.toml"))
        for section_name, texts in _read(file).items()
        for name, value in texts.items()
    }


@functools.cache
def section(name: str) -> dict[str, Text]:
    """The texts of a section that has a file of its own, `i18n/{name}.toml`, read without the rest of the catalogue.

    Raises:
        FileNotFoundError: there is no such file.
        KeyError: the file has another section.
    """
    return _read(_FOLDER / f"{name}.toml")[name]


def _read(file: Path) -> dict[str, dict[str, Text]]:
    import tomllib

    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        name: {key: Text(zh=entry["zh"], en=entry["en"]) for key, entry in entries.items()}
        for name, entries in document.items()
    }


def fault(kind: str, values: Mapping[str, object] | None) -> Text:
    """What is wrong with one value, by the kind of fault that pydantic names and the values that it gives with it."""
    known, given = catalogue(), defaultdict(str, values or {})
    template = known.get(f"api.fault_{kind}") or known["api.fault_other"]
    return Text(zh=template.zh.format_map(given), en=template.en.format_map(given))


def text(key: str, language: Language, **values: object) -> str:
    """The catalogue's text for `key` in `language`, its fields filled.

    Raises:
        KeyError: the catalogue has no such key, or a field has no value.
    """
    return catalogue()[key].in_language(language).format(**values)
