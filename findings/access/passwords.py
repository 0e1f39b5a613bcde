"""Passwords: argon2id, and how long a name rests after wrong ones."""

from __future__ import annotations

import functools
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from i18n import Problem

SHORTEST = 12
LONGEST = 256
"""Longer ones only cost the server time."""

FREE_ATTEMPTS = 5
LONGEST_REST = timedelta(minutes=15)

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
"""RFC 9106, second recommendation: 64 MiB, three passes."""


class WeakPassword(Problem):
    """A password that is too short, too long, or one repeated character."""


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters in it.

    Raises:
        WeakPassword: it cannot be accepted.
    """
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 5:
        raise WeakPassword("trust_weak_password", shortest=SHORTEST, longest=LONGEST)
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed.

    Without a hash (no such user, or one who signs on elsewhere) it works as long as with one and says no: the time
    of the answer does not tell which names exist.
    """
    try:
        fits = _HASHER.verify(stored or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def outdated(stored: str) -> bool:
    """Whether the hash was made with parameters other than today's."""
    return _HASHER.check_needs_rehash(stored)


def rest_after(failures: int) -> timedelta:
    """How long a name accepts no password after so many wrong ones in a row: none for five, then 2, 4, 8… seconds.

    It ends by itself, at most after a quarter of an hour: whoever knows a name cannot lock its owner out for good.
    """
    if failures <= FREE_ATTEMPTS:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_ATTEMPTS, 20)), LONGEST_REST)


@functools.cache
def _nobody() -> str:
    return _HASHER.hash("a password that nobody has")
