"""Requests that may be sent twice: the second one gets the first one's answer and does nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.answers import json_bytes
from api.problems import ApiProblem
from findings.store.database import Store
from findings.store.models import Idempotency

LONGEST_KEY = 128
"""Longer ones are refused: cut off, two of them could become one, and the second request would do nothing."""


def request_hash(*parts: Any) -> str:
    """What a request asks for: the same key for another one is refused."""
    return hashlib.sha256(json_bytes(parts)).hexdigest()


def once(
    store: Store, actor: str, key: str | None, asked: str, act: Callable[[Session], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Do something in a transaction unless it was done under this key before.

    Args:
        store: where what is done and its answer are kept, both or neither.
        actor: whose key it is; keys of different callers do not meet.
        key: the caller's Idempotency-Key; None does it in any case.
        asked: `request_hash` of the request.
        act: does it, and returns the answer.

    Returns:
        The answer, and whether it was done now.

    Raises:
        ApiProblem: the key was used for another request.
    """
    try:
        with store.session() as session:
            if key is None:
                return act(session), True
            kept = session.get(Idempotency, (actor, key))
            if kept is None:
                answer = act(session)
                row = Idempotency(actor=actor, key=key, request_hash=asked, status=202, response=answer)
                session.add(row)
                session.flush()
                return answer, True
    except IntegrityError:  # On PostgreSQL the same key may come twice at one moment: the other one has done it.
        with store.reading() as session:
            kept = session.get(Idempotency, (actor, key or ""))
    if kept is None or kept.response is None:
        raise ApiProblem("api_idempotency_busy")
    if kept.request_hash != asked:
        raise ApiProblem("api_idempotency")
    return kept.response, False
