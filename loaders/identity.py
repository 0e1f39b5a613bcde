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

from graph.names import plain_name

_LENGTH = 20
_SEPARATOR = "\x1f"
_IGNORED = re.compile(r"[\s\W_]+")


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
