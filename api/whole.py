"""What the trail records where all of a filter's leads leave at once: every id, or a fingerprint of the ids.

The fingerprint is SHA-256 over the sorted ids, one a line, each line ended by a line feed. Whoever holds a list of ids
can say whether it is the one that left: `sort ids.txt | sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import fields

import orjson

from api.guard import LONGEST_SUBJECT, subject_of
from api.platform import Platform
from findings.store.filtering import Filter
from findings.store.listing import chosen_ids


def fingerprint(ids: Collection[str]) -> str:
    """The hash of some ids, whatever their order: 64 hex digits."""
    return hashlib.sha256("".join(f"{i}\n" for i in sorted(ids)).encode()).hexdigest()


def said_of(wanted: Filter) -> str:
    """A filter as JSON, only the parts that choose something. Words may be a name: of them there is the hash."""
    parts = {f.name: value for f in fields(wanted) if f.name != "scope" and (value := getattr(wanted, f.name))}
    if words := parts.pop("q", None):
        parts["q_sha256"] = hashlib.sha256(words.encode()).hexdigest()
    return orjson.dumps(parts).decode()


def chosen_whole(platform: Platform, wanted: Filter) -> tuple[frozenset[str], str]:
    """The leads that a filter chooses now, and what the trail is to say of them.

    Send no other ones, whatever the filter chooses a moment later: the record stands before the answer leaves.
    """
    with platform.store.reading() as session:
        ids = chosen_ids(session, wanted)
    listed = subject_of("findings", ids)
    if len(" ".join(("findings", *ids))) > LONGEST_SUBJECT - 40:
        listed = f"findings {len(ids)} sha256:{fingerprint(ids)} of {said_of(wanted)}"[:LONGEST_SUBJECT]
    return frozenset(ids), listed
