"""From a request's credentials to a principal."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.problems import ApiProblem
from findings.access.authenticate import authenticate_key, authenticate_session
from findings.access.errors import AccessDenied
from findings.access.oidc import authenticate_bearer, keys_from, rules_from
from findings.access.principal import Principal
from findings.access.ties import SnapshotTies
from findings.access.tokens import KEY_MARK, csrf_token, token_hash
from findings.settings import Settings
from findings.store.database import Store

COOKIE = "qf_session"
BELIEVED_SECONDS = 2.0
"""How long an authentication is believed before the store is asked again: the longest that a key revoked by another
process goes on working. What this process changes counts at once."""
MOST_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and by what."""

    principal: Principal
    csrf: str | None = None
    """The token that unsafe requests must carry; None for callers without a cookie, whom no page can forge."""
    session_token: str | None = None


class Callers:
    """Authenticates requests, and remembers the outcome for a moment."""

    def __init__(
        self, store: Store, settings: Settings, ties: SnapshotTies, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._settings = settings
        self._ties = ties
        self._clock = clock
        self._rules = rules_from(settings)
        self._keys = keys_from(settings)
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    async def identify(self, request: Request) -> Caller:
        """The caller of a request. A bearer token goes before a cookie.

        Raises:
            ApiProblem: nobody is authenticated; which part of it was wrong is not said.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        cookie = request.cookies.get(COOKIE)
        if scheme:
            if scheme.lower() != "bearer" or not token.strip():
                raise unauthenticated()
            credential, find = f"bearer {token.strip()}", self._bearer
        elif cookie:
            credential, find = f"cookie {cookie}", self._session
        else:
            raise unauthenticated()
        digest = token_hash(credential)
        known = self._known.get(digest)
        if known is not None and self._clock() - known[0] < BELIEVED_SECONDS:
            return known[1]
        try:
            caller = await run_in_threadpool(self._recused, find, credential.partition(" ")[2])
        except AccessDenied as error:
            raise unauthenticated() from error
        self._known[digest] = (self._clock(), caller)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return caller

    def forget(self) -> None:
        """Ask the store again for everybody: users, keys, sessions or recusals changed."""
        self._known.clear()

    def _recused(self, find: Callable[[str], Caller], token: str) -> Caller:
        """The caller, kept from the recused parties under each of their ids."""
        caller = find(token)
        everywhere = self._ties.all_ids(caller.principal.recused)
        return replace(caller, principal=replace(caller.principal, recused=everywhere))

    def _bearer(self, token: str) -> Caller:
        if token.startswith(KEY_MARK):
            return Caller(authenticate_key(self._store, token, ties=self._ties))
        if self._rules is None:
            raise AccessDenied("trust_key_refused")
        with self._store.reading() as session:
            return Caller(authenticate_bearer(session, token, self._rules, self._keys, ties=self._ties))

    def _session(self, token: str) -> Caller:
        idle = timedelta(minutes=self._settings.session_idle_minutes)
        principal = authenticate_session(self._store, token, idle=idle, ties=self._ties)
        return Caller(principal, csrf_token(token), token)


def unauthenticated() -> ApiProblem:
    """Nobody is authenticated."""
    return ApiProblem("api_unauthenticated", headers={"WWW-Authenticate": "Bearer"})
