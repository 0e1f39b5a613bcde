"""Several releases of one contracting process as one, by the standard's merge routine."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ocdsmerge.exceptions import DuplicateIdValueWarning, OCDSMergeError
from ocdsmerge.merge import CompiledRelease

_WHOLE = "wholeListMerge"
_ORGANIZATIONS = (
    "buyer",
    "tender procuringEntity",
    "tender tenderers",
    "awards suppliers",
    "contracts implementation transactions payer",
    "contracts implementation transactions payee",
)

# The rules of release-schema 1.1, written down because the library would fetch the schema over the network.
MERGE_RULES: dict[tuple[str, ...], str] = {
    ("id",): "omitWhenMerged",
    ("date",): "omitWhenMerged",
    ("tag",): "omitWhenMerged",
    **{
        tuple(path.split()): _WHOLE
        for path in (
            "parties roles",
            "parties additionalIdentifiers",
            "relatedProcesses relationship",
            "contracts relatedProcesses relationship",
            "tender submissionMethod",
            "tender additionalProcurementCategories",
            *(f"{section} items additionalClassifications" for section in ("tender", "awards", "contracts")),
            *(
                f"{section} {name} changes"
                for section in ("tender", "awards", "contracts")
                for name in ("amendment", "amendments")
            ),
            *(f"{path} additionalIdentifiers" for path in _ORGANIZATIONS),
        )
    },
}


_UNMERGEABLE = (OCDSMergeError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Item:
    """A release as it stands in a file."""

    ocid: str | None
    release: dict[str, Any]
    compiled: bool
    row: int

    @property
    def date(self) -> tuple[float, str]:
        """When it was released, to sort by: the instant, then the text; undated ones come first."""
        text = self.release.get("date")
        if not isinstance(text, str):
            return (float("-inf"), "")
        try:
            instant = datetime.fromisoformat(text.strip())
        except ValueError:
            return (float("-inf"), text)
        return ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp(), text)


def compile_process(items: Sequence[Item]) -> tuple[dict[str, Any], list[Item]]:
    """One release that says what all of them say, and the items that could not be merged into it.

    A compiled release is taken as it is, the latest one if there are several, and only newer releases are merged
    into it.
    """
    ordered = sorted(items, key=lambda item: (item.date, item.row))
    compiled = [item for item in ordered if item.compiled]
    if compiled:
        base = compiled[-1]
        newer = [item for item in ordered if not item.compiled and item.date > base.date]
    else:
        base, newer = ordered[0], ordered[1:]
    if not newer:
        return base.release, []
    try:
        return _merge(base.release, newer), []
    except _UNMERGEABLE:
        # One release of another shape must not take the others with it.
        merged, rejected = base.release, []
        for item in newer:
            try:
                merged = _merge(merged, [item])
            except _UNMERGEABLE:
                rejected.append(item)
        return merged, rejected


def _merge(base: dict[str, Any], newer: Sequence[Item]) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DuplicateIdValueWarning)
        result = CompiledRelease(merge_rules=MERGE_RULES)
        for release in (base, *(item.release for item in newer)):
            result.append(release)
        merged: dict[str, Any] = result.asdict()
    merged["id"], merged["date"] = newer[-1].release.get("id"), newer[-1].release.get("date")
    return merged
