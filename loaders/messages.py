"""Errors of whole files, in both languages, from the catalogue's section `load`."""

from __future__ import annotations

from pathlib import Path

import i18n
from i18n import Language, Text
from loaders.adapter import SourceError


class UnreadableSource(SourceError):
    """A file that cannot be read at all. `key` names the text in the catalogue, `key_hint` what to do."""

    def __init__(self, file: Path, key: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(file, self._text(key, "en"), self._text(f"{key}_hint", "en"))

    def _text(self, key: str, language: Language) -> str:
        return i18n.text(f"load.{key}", language, **self.values)

    @property
    def message(self) -> Text:
        """What is wrong with which file, and what to do."""
        return Text(
            zh=f"{self.file}：{self._text(self.key, 'zh')}。{self._text(self.key + '_hint', 'zh')}",
            en=str(self),
        )
