"""Whom a user is tied to by the data: kin, offices, roles and shared contacts of the user's own person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from queries.relations import RELATIONS, materialise

_TIED = f"""
WITH me AS (SELECT coalesce((SELECT canonical FROM aliases WHERE id = $person), $person) AS id),
tied AS (SELECT party_id, via_id, how FROM ({RELATIONS["ties"].query}) WHERE person_id = (SELECT id FROM me)),
-- Past ones too: who left a body yesterday stays away from it.
bodies AS (
  SELECT org_id AS party_id FROM posts
  WHERE person_id = (SELECT id FROM me)
     OR person_id IN (SELECT person_b FROM kinship WHERE person_a = (SELECT id FROM me)
                      UNION ALL SELECT person_a FROM kinship WHERE person_b = (SELECT id FROM me)))
SELECT id FROM me UNION SELECT party_id FROM tied UNION SELECT party_id FROM bodies ORDER BY 1
"""  # noqa: S608 - composed of the relation's own text; the person is a parameter


class SnapshotTies:
    """Answers, for recusal, which parties a person is tied to in a workspace's current snapshot.

    The person itself; kin; firms where the person or kin hold a role or at least 5 %; who shares a phone, address or
    account with the person that is not popular; and bodies where the person or kin hold or held a post. Each person is
    looked up once a snapshot. Safe to share between threads.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._snapshot_id: str | None = None
        self._known: dict[str, frozenset[str]] = {}
        self._joined: dict[str, frozenset[str]] | None = None
        self._lock = threading.Lock()

    def __call__(self, person_id: str) -> frozenset[str]:
        """The ids of all parties that the person is tied to; only the person where nothing was loaded yet."""
        snapshot = self._workspace.current_or_none()
        if snapshot is None:
            return frozenset({person_id})
        with self._lock:
            self._turn_to(snapshot)
            if person_id not in self._known:
                with self._tables(snapshot) as connection:
                    self._known[person_id] = frozenset(tied_parties(connection, person_id))
            return self._known[person_id]

    def all_ids(self, parties: frozenset[str]) -> frozenset[str]:
        """Those parties under every id that they have: a party that was joined to another answers under both.

        A list of recusals is kept in the ids of its day; which of them are one party, each snapshot says anew.
        """
        snapshot = self._workspace.current_or_none() if parties else None
        if snapshot is None:
            return parties
        with self._lock:
            self._turn_to(snapshot)
            if self._joined is None:
                with self._tables(snapshot) as connection:
                    self._joined = _joined(connection)
            return parties.union(*(self._joined.get(party, ()) for party in parties))

    def _turn_to(self, snapshot: Snapshot) -> None:
        """Forget what was known of another snapshot."""
        if snapshot.id != self._snapshot_id:
            self._snapshot_id, self._known, self._joined = snapshot.id, {}, None

    @contextmanager
    def _tables(self, snapshot: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = open_tables(snapshot, self._workspace.secret(), threads=1)
        try:
            yield connection
        finally:
            connection.close()


def tied_parties(connection: duckdb.DuckDBPyConnection, person_id: str) -> list[str]:
    """The parties that a person is tied to, out of the tables of a snapshot, the person among them; sorted."""
    materialise(connection, RELATIONS["ties"].needs)
    rows: list[tuple[Any, ...]] = connection.execute(_TIED, {"person": person_id}).fetchall()
    return [str(party_id) for (party_id,) in rows]


def _joined(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """All ids of each party that has several, by each of them."""
    groups: dict[str, set[str]] = {}
    for alias, canonical in connection.execute("SELECT id, canonical FROM aliases").fetchall():
        groups.setdefault(canonical, {canonical}).add(alias)
    return {party: frozenset(ids) for ids in groups.values() for party in ids}
