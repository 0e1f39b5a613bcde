"""Names of firms as far as their spelling tells who is meant."""

from __future__ import annotations

import re
import unicodedata

_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_IN_BRACKETS = re.compile(r"\(([^()]*)\)?\s*$")
_CHINESE_FORMS = (
    ("有限责任公司", "有限公司"),
    ("有限責任公司", "有限公司"),
    ("股份有限公司", "股份公司"),
    ("集团公司", "集团"),
)
_WESTERN_FORMS = {
    "limited": "ltd",
    "incorporated": "inc",
    "corporation": "corp",
    "company": "co",
    "&": "and",
}
_WORD = re.compile(r"[a-z0-9]+|&|[^\sa-z0-9]", re.IGNORECASE)
_IGNORED = re.compile(r"[\s\W_]+")


def plain_name(name: str) -> str:
    """A firm's name without what writers vary; equal for names of one firm, as far as the spelling tells.

    >>> plain_name("岚州（集团）建筑有限责任公司") == plain_name("岚州(集团)建筑 有限公司")
    True
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    if _CJK.search(text):
        text = _without_translation(text)
        for long, short in _CHINESE_FORMS:
            text = text.replace(long, short)
    words = [_WESTERN_FORMS.get(word, word) for word in _WORD.findall(text)]
    return _IGNORED.sub("", "".join(words))


def _without_translation(text: str) -> str:
    """A Chinese name without the foreign one in brackets behind it."""
    found = _LATIN_IN_BRACKETS.search(text)
    if found and found.start() and found[1] and not _CJK.search(found[1]):
        return text[: found.start()]
    return text
