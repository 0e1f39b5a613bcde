"""A finding as a line of a list: what the API, the page and the command show of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import JSON, TextClause, text
from sqlalchemy.orm import Session

from findings.store.models import FindingEntity, FindingRow
from i18n import Text
from queries.registry import DETECTORS

PERSON = "person"
"""The kind of entity that is a natural person."""

ENTITIES = 6
"""How many entities a line names; `entity_count` says how many there are."""

TITLES: Mapping[str, Text] = {detector.id: detector.title for detector in DETECTORS}
_TITLES = {name: title.as_dict() for name, title in TITLES.items()}

LINE = (
    FindingRow.finding_id,
    FindingRow.detector,
    FindingRow.headline_zh,
    FindingRow.headline_en,
    FindingRow.family,
    FindingRow.tier,
    FindingRow.status,
    FindingRow.state,
    FindingRow.triage,
    FindingRow.assignee,
    FindingRow.amount_value,
    FindingRow.currency,
    FindingRow.period_from,
    FindingRow.period_to,
    FindingRow.region,
    FindingRow.agency_id,
    FindingRow.agency_name,
    FindingRow.entity_count,
    FindingRow.score,
    FindingRow.rank,
    FindingRow.first_run,
    FindingRow.last_run,
    FindingRow.changed_run,
    FindingRow.version,
)
"""The columns that a line shows."""

_SHAPES = {
    "sqlite": ("json_group_array", "json_array", "SELECT value FROM json_each(:ids)"),
    "postgresql": ("json_agg", "json_build_array", "SELECT json_array_elements_text(CAST(:ids AS json))"),
}
"""How each database makes one JSON array of rows, one of the columns of a row, and rows of a JSON array."""


def _select(dialect: str) -> TextClause:
    """The columns `LINE` with the first entities in one value: a row for each of them took most of the time."""
    rows, columns, ids = _SHAPES[dialect]
    names = ", ".join(f"f.{column.key}" for column in LINE)
    entities = (
        f"SELECT {rows}({columns}(e.position, e.entity_id, e.kind, e.role, e.name)) "  # noqa: S608 - words of this module
        "FROM finding_entities e "
        f"WHERE e.finding_id = f.finding_id AND e.position < {ENTITIES}"
    )
    return text(f"SELECT {names}, ({entities}) AS shown FROM findings f WHERE f.finding_id IN ({ids})")  # noqa: S608


# Text, and made once: SQLAlchemy's own statement of so many columns costs as much as what it reads.
_SELECTS = {dialect: _select(dialect).columns(shown=JSON) for dialect in _SHAPES}


def lines(session: Session, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The lines of several findings, JSON types only, in the order asked."""
    connection = session.connection()
    read = connection.execute(_SELECTS[connection.dialect.name], {"ids": orjson.dumps(ids).decode()})
    found = {row[0]: _line(row[:-1], sorted(row[-1] or ())) for row in read.all()}
    return [found[identifier] for identifier in ids]


def summary(row: FindingRow, entities: Iterable[FindingEntity]) -> dict[str, Any]:
    """The line of one finding, JSON types only."""
    named = [(e.position, e.entity_id, e.kind, e.role, e.name) for e in entities]
    return _line([getattr(row, column.key) for column in LINE], named)


def without_persons(line: Mapping[str, Any], entities: Iterable[FindingEntity]) -> dict[str, Any]:
    """The line with the ids of natural persons in place of their names, in its sentence too.

    Args:
        line: of `summary` or `lines`.
        entities: all of the finding's, not only those that the line names.
    """
    shown = {e.name: e.entity_id if e.kind == PERSON else e.name for e in entities if e.name}
    if not shown:
        return dict(line)
    # The longest name first: a person's may be a part of a firm's, which stays.
    names = re.compile("|".join(map(re.escape, sorted(shown, key=lambda name: (-len(name), name)))))
    headline = {language: names.sub(lambda found: shown[found[0]], said) for language, said in line["headline"].items()}
    named = [{**e, "name": None} if e["kind"] == PERSON else e for e in line["entities"]]
    return {**line, "headline": headline, "entities": named}


def _line(columns: Sequence[Any], entities: Iterable[Sequence[Any]]) -> dict[str, Any]:
    (
        finding_id,
        detector,
        headline_zh,
        headline_en,
        family,
        tier,
        status,
        state,
        triage,
        assignee,
        amount_value,
        currency,
        period_from,
        period_to,
        region,
        agency_id,
        agency_name,
        entity_count,
        score,
        rank,
        first_run,
        last_run,
        changed_run,
        version,
    ) = columns
    return {
        "finding_id": finding_id,
        "detector": detector,
        "title": _TITLES.get(detector) or {"zh": detector, "en": detector},
        "headline": {"zh": headline_zh, "en": headline_en},
        "family": family,
        "tier": tier,
        "status": status,
        "state": state,
        "triage": triage,
        "assignee": assignee,
        "amount": {"value": amount_value, "currency": currency} if currency else None,
        # A day comes as a date or, from SQLite, as the text that it would be written as.
        "period": {"from": str(period_from) if period_from else None, "to": str(period_to) if period_to else None},
        "region": region,
        "agency": {"id": agency_id, "name": agency_name} if agency_id else None,
        "entities": [{"id": i, "kind": kind, "role": role, "name": name} for _, i, kind, role, name in entities],
        "entity_count": entity_count,
        "score": score,
        "rank": rank,
        "first_run": first_run,
        "last_run": last_run,
        "changed_run": changed_run,
        "version": version,
    }
