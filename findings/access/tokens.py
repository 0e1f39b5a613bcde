"""Secrets that are given out once and kept only as hashes: API keys, session cookies, CSRF tokens."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple

KEY_MARK = "qf_"
"""What an API key begins with, so that a leaked one is found by a search for it."""

_PREFIX_BYTES = 5


class NewKey(NamedTuple):
    """A fresh API key: `token` is shown once, `prefix` names it in lists and logs."""

    token: str
    prefix: str


def new_key() -> NewKey:
    """`qf_<10 hex>_<43 characters>`, 256 bits of chance after the prefix."""
    prefix = secrets.token_hex(_PREFIX_BYTES)
    return NewKey(f"{KEY_MARK}{prefix}_{secrets.token_urlsafe(32)}", prefix)


def key_prefix(token: str) -> str | None:
    """The prefix in an API key, None for a text that is not one."""
    mark, _, rest = token.partition("_")
    prefix, _, secret = rest.partition("_")
    known = mark + "_" == KEY_MARK and len(prefix) == 2 * _PREFIX_BYTES and len(secret) >= 40
    return prefix if known and set(prefix) <= set("0123456789abcdef") else None


def new_session_token() -> str:
    """What the session cookie holds: 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. One round is enough: 256 bits of chance cannot be guessed, unlike a password."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def csrf_token(session_token: str) -> str:
    """The CSRF token of a session: made from the cookie, which a page of another site cannot read."""
    return hmac.digest(session_token.encode("utf-8", "replace"), b"qingfeng csrf", "sha256").hex()


def same(a: str, b: str) -> bool:
    """Whether two secrets are equal, in a time that says nothing about where they differ."""
    return hmac.compare_digest(a.encode("utf-8", "replace"), b.encode("utf-8", "replace"))
