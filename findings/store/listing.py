"""Reading findings: a page by page, all of them as a stream, and how many there are of what.

Pages are keyset pages: a cursor says after which finding the next page begins, so that a page deep in the list
costs what the first one costs, and a finding that comes or goes meanwhile shifts no other one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, SQLColumnExpression, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from findings.access.principal import Scope
from findings.store.errors import StoreError
from findings.store.filtering import FACETS, Filter, conditions, in_scope, region_bounds
from findings.store.models import FindingRow
from findings.store.summary import lines

DEFAULT_SORT = "tier,-amount"

FEW = 1_000
"""So many findings of some regions are found by their regions and sorted; of more, the index of the order is followed
until the page is full."""

SORTS: dict[str, SQLColumnExpression[Any]] = {
    "tier": FindingRow.tier,
    "amount": FindingRow.amount_value,
    "score": FindingRow.score,
    "rank": FindingRow.rank,
    "detector": FindingRow.detector,
    "family": FindingRow.family,
    "state": FindingRow.state,
    "triage": FindingRow.triage,
    "first_run": FindingRow.first_run,
    "last_run": FindingRow.last_run,
    "changed_run": FindingRow.changed_run,
    "region": func.coalesce(FindingRow.region, ""),
    "agency": func.coalesce(FindingRow.agency_name, ""),
    "period": func.coalesce(cast(FindingRow.period_to, String), cast(FindingRow.period_from, String), ""),
}
"""What a list can be sorted by; `-` before a word turns it round. The finding's id decides between equals."""


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a list: its findings' ids, how many there are in all, and the next part's cursor (None: no more)."""

    ids: tuple[str, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, as `Found` has it, with the findings' lines."""

    items: list[dict[str, Any]]
    total: int
    next: str | None


def list_findings(
    session: Session, chosen: Filter, sort: str = DEFAULT_SORT, limit: int = 50, cursor: str | None = None
) -> Page:
    """One page of the findings that a filter chooses.

    Raises:
        StoreError: a word that cannot be sorted by, or a cursor that is not one of this sort order.
    """
    found = find(session, chosen, sort, limit, cursor)
    return Page(lines(session, found.ids), found.total, found.next)


def find(
    session: Session, chosen: Filter, sort: str = DEFAULT_SORT, limit: int = 50, cursor: str | None = None
) -> Found:
    """Which findings are on a page; see `list_findings`."""
    keys = _sort_keys(sort)
    where = conditions(chosen)
    # Columns on the connection instead of objects in the session: a page costs half as much.
    connection = session.connection()
    bounds = region_bounds(chosen) if connection.dialect.name == "sqlite" else []
    total = connection.scalar(select(func.count()).select_from(FindingRow).where(*where, *bounds)) or 0
    if total <= FEW:
        where += bounds
    if cursor is not None:
        where.append(_after(keys, _read_cursor(cursor, sort, len(keys))))
    order = [column.desc() if descending else column.asc() for column, descending in keys]
    # Ids are sorted first, whole rows read for the page only: sorting rows with their texts took most of the time.
    columns = (column for column, _ in keys)
    rows = connection.execute(
        select(FindingRow.finding_id, *columns).where(*where).order_by(*order).limit(limit + 1)
    ).all()
    following = _write_cursor(sort, rows[limit - 1][1:]) if len(rows) > limit else None
    return Found(tuple(row[0] for row in rows[:limit]), total, following)


def stream_findings(session: Session, chosen: Filter, batch: int = 500) -> Iterator[FindingRow]:
    """All findings that a filter chooses, by their ids, with entities and document, in constant memory.

    In a `Store.reading()` session this is one state of the store from the first to the last: none is lost or
    doubled while a scan or a decision changes others.
    """
    after = ""
    query = (
        select(FindingRow)
        .where(*conditions(chosen))
        .order_by(FindingRow.finding_id)
        .limit(batch)
        .options(joinedload(FindingRow.evidence), selectinload(FindingRow.seen_in), selectinload(FindingRow.entities))
    )
    while True:
        # The session refers to what it loaded weakly, so a batch goes when the reader has passed it.
        rows = session.scalars(query.where(FindingRow.finding_id > after)).all()
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1].finding_id


def chosen_ids(session: Session, chosen: Filter) -> list[str]:
    """The ids of all findings that a filter chooses, sorted."""
    query = select(FindingRow.finding_id).where(*conditions(chosen)).order_by(FindingRow.finding_id)
    return list(session.scalars(query))


def get_finding(session: Session, finding_id: str, scope: Scope) -> FindingRow:
    """One finding, by its id or an unambiguous beginning of it of at least six digits.

    Raises:
        StoreError: there is none in this scope; one outside it is not told from one that is not there.
    """
    same = FindingRow.finding_id == finding_id
    if 6 <= len(finding_id) < 20:
        same = FindingRow.finding_id.startswith(finding_id, autoescape=True)
    rows = session.scalars(select(FindingRow).where(same, *in_scope(scope)).limit(2)).all()
    if not rows:
        raise StoreError("store_no_finding", finding=finding_id)
    if len(rows) > 1:
        raise StoreError("store_several_findings", finding=finding_id)
    return rows[0]


def facets(session: Session, chosen: Filter) -> dict[str, dict[str, int]]:
    """How many findings there are of each family, detector, tier…

    Each facet is counted under the filter without its own part, so that it says what another choice would show.
    Values are sorted; a finding without a region counts in none.
    """
    columns = [column for column, _ in FACETS.values()]
    rows = session.execute(
        select(*columns, func.count()).where(*conditions(chosen.without_facets())).group_by(*columns)
    ).all()
    wanted = {name: set(getattr(chosen, part)) for name, (_, part) in FACETS.items()}
    counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    for *values, count in rows:
        passes = [not wanted[name] or value in wanted[name] for name, value in zip(FACETS, values, strict=True)]
        failed = passes.count(False)
        for name, value, passed in zip(FACETS, values, passes, strict=True):
            if value is not None and failed - (not passed) == 0:
                counts[name][value] = counts[name].get(value, 0) + count
    return {name: dict(sorted(found.items())) for name, found in counts.items()}


Key = tuple[SQLColumnExpression[Any], bool]
"""What is sorted by, and whether downwards."""


def _sort_keys(sort: str) -> list[Key]:
    keys: list[Key] = []
    for word in filter(None, sort.split(",")):
        name = word.removeprefix("-")
        if name not in SORTS:
            raise StoreError("store_sort", sort=name, known=", ".join(SORTS))
        keys.append((SORTS[name], word.startswith("-")))
    return [*keys, (FindingRow.finding_id, False)]


def _after(keys: Sequence[Key], values: Sequence[object]) -> ColumnElement[bool]:
    """The rows that follow the one with these values. The first bound stands alone too: an index begins there."""
    steps: list[ColumnElement[bool]] = []
    for number, (column, descending) in enumerate(keys):
        equal = [keys[i][0] == values[i] for i in range(number)]
        beyond = column < values[number] if descending else column > values[number]
        steps.append(and_(*equal, beyond))
    column, descending = keys[0]
    bound = column <= values[0] if descending else column >= values[0]
    return and_(bound, or_(*steps))


def _write_cursor(sort: str, values: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, *values])).decode().rstrip("=")


def _read_cursor(cursor: str, sort: str, length: int) -> list[object]:
    try:
        document = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise StoreError("store_cursor") from None
    if not isinstance(document, list) or len(document) != length + 1 or document[0] != sort:
        raise StoreError("store_cursor")
    if not all(isinstance(value, str | int | float) for value in document):
        raise StoreError("store_cursor")
    return document[1:]
