"""The store of findings: seconds to record 50,000 and to list a page, beside a plain insert of the same rows.

    python -m bench.store --out bench/out/store.md

The peer writes the same documents with `sqlite3` alone into one table with the same id and JSON, in one transaction:
no states, no history, no entities, no index. It is the floor of what any store on this disk can reach.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from findings.access.principal import Scope
from findings.store.database import Store, open_store
from findings.store.filtering import UNLIMITED, Filter
from findings.store.listing import facets, list_findings, stream_findings
from tests.findings.worlds import documents, record, regions

COUNT = 50_000
REPEATS = 21


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--postgres", help="address of an empty PostgreSQL database")
    options = parser.parse_args()
    found = documents(range(options.count))
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        columns = {"SQLite": measured(f"sqlite:///{folder}/findings.db", found)}
        if options.postgres:
            columns["PostgreSQL"] = measured(options.postgres, found)
        plain = plain_insert(Path(folder, "plain.db"), found)
    names = list(columns["SQLite"])
    lines = [
        f"{options.count:,} findings, {sum(map(len, found)) / 1e6:.0f} MB of documents.",
        "",
        f"| | {' | '.join(columns)} | plain sqlite3 insert |",
        f"|---|{'---:|' * (len(columns) + 1)}",
    ]
    for name in names:
        peer = plain if name == names[0] else ""
        lines.append(f"| {name} | {' | '.join(column[name] for column in columns.values())} | {peer} |")
    page = "\n".join(lines) + "\n"
    print(page)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(page, encoding="utf-8")


def measured(url: str, found: Sequence[bytes]) -> dict[str, str]:
    """What each step took on one database."""
    store = open_store(url)
    store.upgrade()
    numbers = range(len(found))
    places = regions(numbers)
    tenth = documents(range(0, len(found), 10), sentence=" again")
    changed = list(found)
    changed[::10] = tenth
    steps: dict[str, str] = {
        "record, all new": seconds(lambda: record(store, found, places)),
        "record again, nothing changed": seconds(lambda: record(store, found, places)),
        "record again, a tenth changed": seconds(lambda: record(store, changed, places)),
    }
    city = Filter(Scope(frozenset({"380100"}), None), tiers=("A",), states=("unchanged", "changed"))
    for name, chosen, sort in (
        ("first page of 50, default order", Filter(UNLIMITED), "tier,-amount"),
        ("first page of 50, one city, one tier", city, "-score"),
        ("first page of 50, words", Filter(UNLIMITED, q="T4999"), "tier,-amount"),
    ):
        steps[name] = milliseconds(lambda c=chosen, s=sort: page(store, c, s))  # type: ignore[misc]
    with store.reading() as session:
        cursor = list_findings(session, Filter(UNLIMITED), "tier,-amount", len(found) * 9 // 10).next
    steps["page after nine tenths"] = milliseconds(lambda: page(store, Filter(UNLIMITED), "tier,-amount", cursor))
    steps["facets"] = milliseconds(lambda: counted(store))
    steps["stream all, with documents"] = seconds(lambda: streamed(store))
    store.close()
    return steps


def page(store: Store, chosen: Filter, sort: str, cursor: str | None = None) -> None:
    """A page as the API answers it."""
    with store.reading() as session:
        orjson.dumps(list_findings(session, chosen, sort, 50, cursor).items)


def counted(store: Store) -> None:
    """Facets of all findings."""
    with store.reading() as session:
        facets(session, Filter(UNLIMITED))


def streamed(store: Store) -> None:
    """Every finding, its document decoded."""
    with store.reading() as session:
        for row in stream_findings(session, Filter(UNLIMITED)):
            _ = row.document


def plain_insert(file: Path, found: Sequence[bytes]) -> str:
    """The peer."""

    def run() -> None:
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("CREATE TABLE findings (finding_id TEXT PRIMARY KEY, document TEXT)")
            rows = ((orjson.loads(line)["finding_id"], line.decode()) for line in found)
            connection.executemany("INSERT INTO findings VALUES (?, ?)", rows)

    return seconds(run)


def seconds(step: Callable[[], object]) -> str:
    """One run."""
    started = time.perf_counter()
    step()
    return f"{time.perf_counter() - started:.1f} s"


def milliseconds(step: Callable[[], object]) -> str:
    """Median and largest of many runs."""
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        step()
        taken.append((time.perf_counter() - started) * 1000)
    return f"{statistics.median(taken):.0f} ms (most {max(taken):.0f})"


if __name__ == "__main__":
    main()
