"""What the graph on the server says of itself: which snapshot it shows, and who is changing it.

One node, `(:QingfengGraph {name: 'graph'})`, holds it. A push takes the lock that is kept there and renews it in every
transaction that writes, so that a push whose lock was taken over can change nothing more.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

import neo4j

from graph.neo4j.errors import ServerError
from i18n import Text

LEASE_MS = 60_000

CONSTRAINT = "CREATE CONSTRAINT qingfeng_graph_name IF NOT EXISTS FOR (g:QingfengGraph) REQUIRE g.name IS UNIQUE"
_READ = """
OPTIONAL MATCH (g:QingfengGraph {name: 'graph'})
RETURN g.snapshot_id AS snapshot_id, g.target_id AS target_id, g.fingerprint AS fingerprint, g.owner AS owner,
       g.lock_token AS lock_token, g.lock_host AS lock_host, g.lock_pid AS lock_pid,
       g.lock_until - timestamp() AS lock_left
"""
_LOCK = """
MERGE (g:QingfengGraph {name: 'graph'})
SET g.lock_token = $token, g.lock_host = $host, g.lock_pid = $pid, g.lock_until = timestamp() + $lease
"""
_RENEW = """
MATCH (g:QingfengGraph {name: 'graph'}) WHERE g.lock_token = $token
SET g.lock_until = timestamp() + $lease
RETURN 1 AS held
"""
_UNLOCK = """
MATCH (g:QingfengGraph {name: 'graph'}) WHERE g.lock_token = $token
REMOVE g.lock_token, g.lock_host, g.lock_pid, g.lock_until
"""
_BEGIN = """
MATCH (g:QingfengGraph {name: 'graph'})
SET g.target_id = $snapshot_id, g.owner = $owner
REMOVE g.snapshot_id, g.fingerprint
"""
_FINISH = """
MATCH (g:QingfengGraph {name: 'graph'})
SET g.snapshot_id = $snapshot_id, g.fingerprint = $fingerprint, g.pushed_at = datetime()
REMOVE g.target_id
"""

_held_here: set[str] = set()
"""Locks that pushes of this process hold: the others of its number are of a process that ended."""


@dataclass(frozen=True, slots=True)
class GraphState:
    """What the server's graph says of itself.

    `snapshot_id` is None from the first change of a push until its end. `owner` tells one installation's graph from
    another's, `lock_left` is how long the lock still holds, in milliseconds by the server's clock.
    """

    snapshot_id: str | None
    target_id: str | None
    fingerprint: str | None
    owner: str | None
    lock_token: str | None
    lock_host: str | None
    lock_pid: int | None
    lock_left: int | None

    @property
    def is_locked(self) -> bool:
        """Whether a push that may still be alive holds the lock."""
        if self.lock_token is None or (self.lock_left or 0) <= 0:
            return False
        if self.lock_host != socket.gethostname() or self.lock_pid is None:
            return True
        if self.lock_pid == os.getpid():
            return self.lock_token in _held_here
        return Path(f"/proc/{self.lock_pid}").exists() or not Path("/proc").exists()


def read_state(tx: neo4j.Transaction | neo4j.ManagedTransaction) -> GraphState:
    """The state, all None for a graph that was never pushed to."""
    record = tx.run(_READ).single(strict=True)
    return GraphState(**record.data())


class Lock:
    """The right to change the graph; every call takes part in the caller's transaction."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)

    def take(self, tx: neo4j.Transaction) -> GraphState:
        """Take the lock; returns the state before.

        Raises:
            ServerError: another push holds it.
        """
        # Written before it is read: two pushes that come together wait for each other here.
        tx.run("MERGE (g:QingfengGraph {name: 'graph'}) SET g._seen = null").consume()
        state = read_state(tx)
        if state.is_locked:
            words = {"host": state.lock_host, "pid": state.lock_pid, "seconds": (state.lock_left or 0) // 1000 + 1}
            raise ServerError(_LOCKED.format(**words), _WAIT.format(**words))
        tx.run(_LOCK, token=self._token, host=socket.gethostname(), pid=os.getpid(), lease=LEASE_MS).consume()
        _held_here.add(self._token)
        return state

    def renew(self, tx: neo4j.Transaction) -> None:
        """Hold the lock for longer, and make sure that it is still held.

        Raises:
            ServerError: another push took it over.
        """
        if tx.run(_RENEW, token=self._token, lease=LEASE_MS).single() is None:
            raise ServerError(_LOST, _AGAIN)

    def release(self, tx: neo4j.Transaction) -> None:
        """Give the lock back."""
        tx.run(_UNLOCK, token=self._token).consume()

    def forget(self) -> None:
        """This process changes nothing more under the lock, even if the server could not be told."""
        _held_here.discard(self._token)


def begin(tx: neo4j.Transaction, snapshot_id: str, owner: str) -> None:
    """From here on the graph is no snapshot's, until `finish`."""
    tx.run(_BEGIN, snapshot_id=snapshot_id, owner=owner).consume()


def finish(tx: neo4j.Transaction, snapshot_id: str, fingerprint: str) -> None:
    """The graph is a whole snapshot's."""
    tx.run(_FINISH, snapshot_id=snapshot_id, fingerprint=fingerprint).consume()


_LOCKED = Text(
    zh="另一推送正在进行（主机 {host}，进程 {pid}）",
    en="Another push is under way (host {host}, process {pid})",
)
_WAIT = Text(
    zh="请待其结束后再推送；如其已中断，{seconds} 秒后锁自动失效",
    en="wait until it ends; if it was broken off, the lock ends by itself in {seconds} s",
)
_LOST = Text(
    zh="本次推送中断过久，锁已被另一推送取得", en="This push paused too long, and another one took the lock over"
)
_AGAIN = Text(zh="待另一推送结束后重新推送", en="push again when the other one has ended")
