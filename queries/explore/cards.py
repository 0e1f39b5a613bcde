"""A card for every node of a snapshot: what is shown of it, found by its id in microseconds.

The cards are one SQLite file beside the snapshot's graph, made from the tables, so they are the same for every graph
engine. Phone, account and mail values are masked before they are written.
"""

from __future__ import annotations

import re
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from graph.projection import node_declarations, prepare
from graph.schema import USED_CONTACTS
from graph.schema.model import Node as Declaration
from queries.explore.masking import mask
from queries.explore.shapes import Node, node_id, row_ref

FILE = "cards.sqlite"

_BROKEN = re.compile(r"[\ud800-\udfff\x00]")
"""What no id in a file can have."""

TABLE_OF = {
    "Tender": "tenders",
    "Project": "projects",
    "Contract": "contracts",
    "Payment": "payments",
    "Debt": "debts",
    "Bid": "bids",
    "Fund": "funds",
}

_TENDER_DAY = "days(coalesce(opened_at, published_at))"
_WORTH = {
    "Tender": f"SELECT tender_id AS id, ceiling_price AS amount, currency, {_TENDER_DAY} AS day FROM tenders",
    "Bid": f"SELECT bid_id AS id, price AS amount, b.currency, t.day FROM bids b "
    f"LEFT JOIN (SELECT tender_id, {_TENDER_DAY} AS day FROM tenders) t USING (tender_id)",
    "Contract": "SELECT contract_id AS id, amount, currency, days(signed_on) AS day FROM contracts",
    "Payment": "SELECT payment_id AS id, amount, currency, days(paid_on) AS day FROM payments",
    "Debt": "SELECT debt_id AS id, amount, NULL AS currency, days(due_on) AS day FROM debts",
    "Fund": "SELECT fund_id AS id, amount, NULL AS currency, days(granted_on) AS day FROM funds",
    "Project": "SELECT project_id AS id, budget AS amount, NULL AS currency, days(approved_on) AS day FROM projects",
}
"""What a thing is worth and when it was, by label."""

_SCHEMA = """
CREATE TABLE cards (doc INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT, id TEXT, kind TEXT, name TEXT,
  region TEXT, amount INTEGER, currency TEXT, day INTEGER, properties TEXT, ref TEXT) STRICT;
CREATE INDEX cards_id ON cards (id);
CREATE TABLE aliases (alias TEXT PRIMARY KEY, canonical TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE foreign_rows (ref TEXT PRIMARY KEY, currency TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_COLUMNS = "c.key, c.label, c.id, c.kind, c.name, c.region, c.amount, c.currency, c.day, c.properties, c.ref"

_PARTY_KINDS = {
    "government": "public_body",
    "institution": "public_body",
    "intermediary": "agent",
    "soe": "firm",
    "private": "firm",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A node as it is written, with the codes besides its id under which it is looked for."""

    label: str
    id: str
    kind: str
    name: str
    region: str | None
    amount: int | None
    currency: str | None
    day: int | None
    properties: dict[str, Any]
    ref: str | None
    codes: tuple[str, ...] = ()
    named: bool = True
    """Whether the name is one, and not the id in its place."""

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Shorter names first, so that what a search found whole stands before what merely contains it."""
        return (len(self.name), self.name, self.label, self.id)


def read_cards(connection: duckdb.DuckDBPyConnection) -> list[Card]:
    """The cards of open tables, in the order in which equally good hits of a search are listed."""
    prepare(connection)
    roles = {
        "official": _column(connection, "SELECT DISTINCT person_id FROM posts"),
        "agent": _column(connection, "SELECT DISTINCT agent_id FROM tenders WHERE agent_id IS NOT NULL"),
    }
    values = dict(
        connection.execute(
            f"SELECT contact_id(kind, value), min(value) FROM ({USED_CONTACTS}) GROUP BY ALL "
            "UNION ALL SELECT device_id(code, value), min(value) FROM shared_codes GROUP BY ALL"
        ).fetchall()
    )
    codes = dict(connection.execute("SELECT tender_id, deal_code FROM tenders WHERE deal_code IS NOT NULL").fetchall())
    cards = [
        card for declaration in node_declarations() for card in _declared(connection, declaration, roles, values, codes)
    ]
    return sorted(cards, key=lambda card: card.order)


def _declared(
    connection: duckdb.DuckDBPyConnection,
    declaration: Declaration,
    roles: dict[str, set[str]],
    values: dict[str, str],
    codes: dict[str, str],
) -> Iterator[Card]:
    label = declaration.label
    worth = _WORTH.get(label, "SELECT NULL AS id, NULL AS amount, NULL AS currency, NULL AS day WHERE false")
    cursor = connection.execute(
        f"SELECT n.*, w.amount AS _amount, w.currency AS _currency, w.day AS _day "
        f"FROM ({declaration.query}) n LEFT JOIN ({worth}) w ON w.id = n.id"
    )
    names = [column[0] for column in cursor.description or ()]
    table = {"Org": "orgs", "Person": "persons"}.get(next(iter(declaration.labels), ""), TABLE_OF.get(label, ""))
    while rows := cursor.fetchmany(10_000):
        for values_of_row in rows:
            row = dict(zip(names, values_of_row, strict=True))
            key, ref = row.pop("id"), row.pop("ref", None)
            amount, currency, day = row.pop("_amount"), row.pop("_currency"), row.pop("_day")
            kind, name, region = _kind(label, key, row, roles), row.pop("name", None), row.pop("region", None)
            if key in codes and label == "Tender":
                row["deal_code"] = codes[key]
            if label in ("Contact", "Device"):
                value = values.get(key, key)
                name = mask(row["kind"], value) if label == "Contact" else f"{row['code']} {value}"
            yield Card(
                label=label,
                id=key,
                kind=kind,
                name=name or key,
                region=region,
                amount=amount,
                currency=(currency or "CNY") if amount is not None else None,
                day=day,
                properties={k: v for k, v in row.items() if v is not None},
                ref=row_ref(table, ref) if ref is not None else None,
                codes=tuple(code for code in (row.get("uscc"), row.get("deal_code")) if code),
                named=bool(name) and label not in ("Contact", "Device"),
            )


def _kind(label: str, key: str, row: dict[str, Any], roles: dict[str, set[str]]) -> str:
    if label == "Contact":
        return str(row["kind"])
    if label != "Party":
        return label.lower()
    if row.get("kind") == "person":
        return "official" if key in roles["official"] else "person"
    kind = _PARTY_KINDS.get(row.get("org_type") or "", "other")
    return "agent" if kind != "public_body" and key in roles["agent"] else kind


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {value for (value,) in connection.execute(query).fetchall()}


def write_cards(cards: Iterable[Card], connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the cards, numbered from 0 in their order, with the ids that were joined into one party."""
    file = sqlite3.connect(folder / FILE)
    try:
        file.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        file.executemany(
            "INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    doc,
                    node_id(c.label, c.id),
                    c.label,
                    c.id,
                    c.kind,
                    c.name,
                    c.region,
                    c.amount,
                    c.currency,
                    c.day,
                    orjson.dumps(c.properties).decode(),
                    c.ref,
                )
                for doc, c in enumerate(cards)
            ),
        )
        file.executemany("INSERT INTO aliases VALUES (?, ?)", connection.execute("FROM aliases").fetchall())
        for table in ("bids", "contracts", "payments"):
            rows = connection.execute(
                f"SELECT _key, any_value(currency) FROM {table} WHERE currency <> 'CNY' GROUP BY _key"
            ).fetchall()
            file.executemany("INSERT INTO foreign_rows VALUES (?, ?)", [(row_ref(table, k), c) for k, c in rows])
        file.commit()
        file.execute("VACUUM")
    finally:
        file.close()


class Cards:
    """The cards of a snapshot, open to read from many threads."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._idle: deque[sqlite3.Connection] = deque()
        self._foreign: dict[str, str] = dict(self._execute("SELECT ref, currency FROM foreign_rows"))

    def nodes(self, ids: Iterable[str]) -> dict[str, Node]:
        """The nodes of those ids; an id that no node has is left out, one that was joined leads to whom it joined."""
        wanted = dict.fromkeys(i for i in ids if not _BROKEN.search(i))
        found = self._select("JOIN json_each(?) j ON c.key = j.value", list(wanted))
        nodes = {node.id: node for node in found}
        if missing := [i for i in wanted if i not in nodes and i.startswith("Party/")]:
            joined = self._execute(
                "SELECT a.alias, a.canonical FROM aliases a JOIN json_each(?) j ON a.alias = j.value",
                (orjson.dumps([i.partition("/")[2] for i in missing]).decode(),),
            )
            for alias, canonical in joined:
                if card := self._select("WHERE c.key = json_extract(?, '$[0]')", [node_id("Party", canonical)]):
                    nodes[node_id("Party", alias)] = card[0]
        return nodes

    def node(self, identifier: str) -> Node | None:
        """The node of that id, None if there is none."""
        return self.nodes([identifier]).get(identifier)

    def documents(self, docs: Iterable[int]) -> list[Node]:
        """The nodes of some numbers, in the order asked."""
        wanted = list(docs)
        found = {row[0]: _node(row[1:]) for row in self._rows("JOIN json_each(?) j ON c.doc = j.value", wanted)}
        return [found[doc] for doc in wanted]

    def keys(self, docs: Iterable[int]) -> dict[int, str]:
        """The keys of some numbers, without the rest of their nodes."""
        return dict(self._rows("JOIN json_each(?) j ON c.doc = j.value", list(docs), "c.id"))

    def of_any_label(self, keys: Iterable[str]) -> dict[str, list[Node]]:
        """The nodes that have one of those keys, under whatever label."""
        found: dict[str, list[Node]] = {}
        for node in self._select("JOIN json_each(?) j ON c.id = j.value", list(dict.fromkeys(keys))):
            found.setdefault(node.key, []).append(node)
        return {key: sorted(nodes, key=lambda n: n.label) for key, nodes in found.items()}

    def numbers(self, keys: Iterable[str]) -> list[int]:
        """The numbers of the cards that have one of those keys, under whatever label."""
        wanted = orjson.dumps(list(dict.fromkeys(keys))).decode()
        query = "SELECT c.doc FROM cards c JOIN json_each(?) j ON c.id = j.value ORDER BY c.doc"
        return [doc for (doc,) in self._execute(query, (wanted,))]

    def ids(self, node: Node) -> list[str]:
        """Every id that a node has in the tables: its own, and those that were joined to it."""
        if node.label != "Party":
            return [node.key]
        rows = self._execute("SELECT alias FROM aliases WHERE canonical = ? ORDER BY alias", (node.key,))
        return [node.key, *(alias for (alias,) in rows)]

    def currency(self, ref: str | None) -> str:
        """The currency of a source row."""
        return self._foreign.get(ref or "", "CNY")

    @property
    def has_foreign_money(self) -> bool:
        """Whether any row is in another currency than CNY."""
        return bool(self._foreign)

    def _select(self, clause: str, values: list[str]) -> list[Node]:
        return [_node(row[1:]) for row in self._rows(clause, values)]

    def _rows(self, clause: str, values: list[Any], columns: str = _COLUMNS) -> list[Any]:
        # As one value: for each row that it fetches a thread waits until the others let it go on.
        query = f"SELECT json_group_array(json_array(c.doc, {columns})) FROM cards c {clause}"
        ((rows,),) = self._execute(query, (orjson.dumps(values).decode(),))
        found: list[Any] = orjson.loads(rows)
        return found

    def _execute(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        connection = self._connection()
        try:
            rows: list[Any] = connection.execute(query, values).fetchall()
        finally:
            self._idle.append(connection)
        return rows

    def _connection(self) -> sqlite3.Connection:
        """One that no thread uses, the last used first: it holds most of what is asked for.

        A connection of each thread would outlive it, with its memory: it is part of a cycle of references.
        """
        try:
            return self._idle.pop()
        except IndexError:
            # The file is never written again, so no locks are needed.
            address = f"{self._file.resolve().as_uri()}?mode=ro&immutable=1"
            return sqlite3.connect(address, uri=True, check_same_thread=False)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()


def _node(row: Any) -> Node:
    key, label, identifier, kind, name, region, amount, currency, day, properties, ref = row
    return Node(key, label, identifier, kind, name, region, amount, currency, day, orjson.loads(properties), ref)
