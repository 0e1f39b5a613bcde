"""Identifiers for parties that a source only names.

A firm is known by its unified social credit code, else by its name without what writers vary: width, blanks,
brackets, and the spelling of the legal form. A person is never known by name alone: names repeat across a province,
so the hash includes the scope (a firm, a project, a file) within which the mapping says that one name is one person.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from stdnum.cn import uscc

_LENGTH = 20
_SEPARATOR = "\x1f"
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


def hashed(prefix: str, parts: Sequence[str]) -> str:
    """An opaque identifier of some texts."""
    digest = hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:_LENGTH]}"


def firm_id(code: str | None, name: str | None, scope: Sequence[str] = ()) -> str | None:
    """The id of a firm: its code if that passes its check, else the hash of its plain name; None without either."""
    if code and uscc.is_valid(code):
        return uscc.compact(code)
    plain = plain_name(name or "")
    return hashed("n", [plain, *scope]) if plain else None


def person_id(name: str | None, scope: Sequence[str]) -> str | None:
    """The id of a person within a scope; None without a name.

    Raises:
        ValueError: no scope is given.
    """
    if not scope or not any(scope):
        raise ValueError("a person is not known by name alone: give a scope")
    plain = _IGNORED.sub("", unicodedata.normalize("NFKC", name or "").casefold())
    return hashed("m", [plain, *scope]) if plain else None
