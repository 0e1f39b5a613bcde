"""One release out of several with the same ocid.

The rule is that of the OCDS merge with its default strategies: releases in order of their date; an object's members
replace one by one; entries of an array with ids replace each other by id; any other array replaces the whole; null
removes. Equal dates are ordered by content, so the order of the lines never shows.
Source: https://standard.open-contracting.org/latest/en/schema/merging/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from queries.ocp.instants import instants


def merged(releases: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The compiled release of `releases`, which describe one contracting process."""
    several = list(releases)
    dates = [release.get("date") for release in several]
    moments = instants([date if isinstance(date, str) else None for date in dates]).tolist()
    texts = [orjson.dumps(release, option=orjson.OPT_SORT_KEYS) for release in several]
    whole: dict[str, Any] = {}
    for number in sorted(range(len(several)), key=lambda number: (moments[number], texts[number])):
        _patch(whole, several[number])
    return whole


def _patch(whole: dict[str, Any], update: dict[str, Any]) -> None:
    for key, value in update.items():
        if value is None:
            whole.pop(key, None)
        elif isinstance(value, dict) and isinstance(whole.get(key), dict):
            _patch(whole[key], value)
        elif _has_ids(value) and _has_ids(whole.get(key)):
            _patch_entries(whole[key], value)
        else:
            whole[key] = _copied(value)


def _patch_entries(whole: list[dict[str, Any]], update: list[dict[str, Any]]) -> None:
    by_id = {str(entry["id"]): entry for entry in whole}
    for entry in update:
        known = by_id.get(str(entry["id"]))
        if known is None:
            copy = _copied(entry)
            whole.append(copy)
            by_id[str(entry["id"])] = copy
        else:
            _patch(known, entry)


def _has_ids(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("id"), str | int) for entry in value
    )


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(entry) for key, entry in value.items() if entry is not None}
    return [_copied(entry) for entry in value] if isinstance(value, list) else value
