"""The part of an OCDS release that the indicators read, typed.

Two ways to the same `Release`: the fast one decodes a line straight into the types below and skips everything else
unread; where the line does not fit them, the patient one reads it piece by piece, takes numbers written as text and
texts written as numbers, and notes whatever it had to change or leave out.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterator
from functools import cache
from types import UnionType
from typing import Any, TypeVar

import msgspec

Text = str | None
Identifier = str | int | None
Amount = float | None
Count = int | None


class Organization(msgspec.Struct, gc=False):
    """A reference to a party: buyer, procuring entity, tenderer or supplier."""

    id: Identifier = None


class Value(msgspec.Struct, gc=False):
    """An amount of money."""

    amount: Amount = None
    currency: Text = None


class Bid(msgspec.Struct, gc=False, rename="camel"):
    """One of `bids/details`. `related_lot` and `lot_id` are spellings that publishers use."""

    status: Text = None
    date: Text = None
    tenderers: list[Organization] | None = None
    value: Value | None = None
    related_lots: list[Identifier] | None = None
    related_lot: Identifier = None


class Classification(msgspec.Struct, gc=False):
    """The class of an item, in a hierarchical scheme such as UNSPSC or CPV."""

    id: Identifier = None


class Item(msgspec.Struct, gc=False):
    """One of `awards/items`."""

    classification: Classification | None = None


class Award(
    msgspec.Struct,
    gc=False,
    rename={"lot_id": "lotID", "related_lots": "relatedLots", "related_lot": "relatedLot"},
):
    """One of `awards`."""

    status: Text = None
    suppliers: list[Organization] | None = None
    items: list[Item] | None = None
    related_lots: list[Identifier] | None = None
    related_lot: Identifier = None
    lot_id: Identifier = None


class Bids(msgspec.Struct, gc=False):
    """The `bids` section of the bids extension."""

    details: list[Bid] | None = None


class Period(msgspec.Struct, gc=False, rename="camel"):
    """A span of time, as text."""

    start_date: Text = None
    end_date: Text = None


class Tender(msgspec.Struct, gc=False, rename="camel"):
    """The `tender` section."""

    status: Text = None
    procurement_method: Text = None
    procurement_method_details: Text = None
    procuring_entity: Organization | None = None
    tender_period: Period | None = None
    number_of_tenderers: Count = None


class Release(msgspec.Struct, gc=False):
    """A compiled release: one contracting process."""

    ocid: Identifier = None
    tender: Tender | None = None
    buyer: Organization | None = None
    bids: Bids | None = None
    awards: list[Award] | None = None


class Line(Item, gc=False):
    """An item with how much of it."""

    id: Identifier = None
    quantity: Amount = None


class Amendment(msgspec.Struct, gc=False):
    """One of `contracts/amendments`: that it is there is what counts."""

    id: Identifier = None


class Contract(msgspec.Struct, gc=False, rename={"award_id": "awardID"}):
    """One of `contracts`."""

    status: Text = None
    award_id: Identifier = None
    items: list[Line] | None = None
    amendments: list[Amendment] | None = None


class LinedAward(Award, gc=False):
    """An award with the quantities of its items."""

    id: Identifier = None
    items: list[Line] | None = None  # type: ignore[assignment]  # made by the decoder, never added to


class ContractedRelease(Release, gc=False):
    """A release with its contracts, which only R066 reads: they are skipped unread where it is not asked for."""

    awards: list[LinedAward] | None = None  # type: ignore[assignment]  # as above
    contracts: list[Contract] | None = None


Note = Callable[[str, str], None]
"""Takes a path and what was wrong there: `coerced` (read as the right type) or `wrong type` (left out)."""


class Reading:
    """The fast way to releases of one kind: `line` decodes one, `lines` as many as there are lines."""

    def __init__(self, kind: type[Release]) -> None:
        decoder = msgspec.json.Decoder(kind)
        self.kind = kind
        self.line: Callable[[bytes | memoryview], Release] = decoder.decode
        self.lines: Callable[[bytes | memoryview], list[Release]] = decoder.decode_lines


_S = TypeVar("_S", bound=msgspec.Struct)


def releases_in(document: object) -> Iterator[object]:
    """The releases of a JSON document: a release, a record, a package of either, or an array of them.

    A record stands for its compiled release; without one, for the releases that it embeds.
    """
    if isinstance(document, list):
        for entry in document:
            yield from releases_in(entry)
    elif isinstance(document, dict):
        if isinstance(document.get("compiledRelease"), dict):
            yield document["compiledRelease"]
        elif isinstance(document.get("records"), list):
            yield from releases_in(document["records"])
        elif isinstance(document.get("releases"), list):
            yield from releases_in(document["releases"])
        else:
            yield document
    else:
        yield document


def read(document: object, note: Note, kind: type[Release] = Release) -> Release | None:
    """Read a release from parsed JSON, patiently; None if it is no object or has no ocid."""
    if not isinstance(document, dict):
        note("", "not an object")
        return None
    release = _struct(kind, document, "", note)
    if release.ocid is None or release.ocid == "":
        note("/ocid", "missing")
        return None
    return release


def _struct(kind: type[_S], document: dict[str, Any], path: str, note: Note) -> _S:
    made = kind()
    for attribute, key, wanted, is_list in _plan(kind):
        value = document.get(key)
        if value is None:
            continue
        where = f"{path}/{key}"
        setattr(made, attribute, _list(value, wanted, where, note) if is_list else _one(value, wanted, where, note))
    return made


def _list(value: object, wanted: Any, path: str, note: Note) -> list[Any] | None:
    if isinstance(value, dict):
        note(path, "coerced")  # some publishers leave the brackets away where there is one entry
        value = [value]
    if not isinstance(value, list):
        note(path, "wrong type")
        return None
    if wanted is Identifier:
        value = [entry.get("id") if isinstance(entry, dict) else entry for entry in value]  # a lot as {"id": …}
    entries = (_one(entry, wanted, f"{path}[]", note) for entry in value if entry is not None)
    return [entry for entry in entries if entry is not None]


def _one(value: object, wanted: Any, path: str, note: Note) -> Any:
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        if isinstance(value, dict):
            return _struct(wanted, value, path, note)
        note(path, "wrong type")
        return None
    scalar = _SCALARS[wanted](value)
    if scalar is None:
        note(path, "wrong type")
    elif type(scalar) is not type(value) and not (wanted is Amount and isinstance(value, int)):
        note(path, "coerced")
    return scalar


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return None if isinstance(value, bool) or not isinstance(value, int | float) else repr(value)


def _identifier(value: object) -> str | int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _text(value)


def _amount(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().replace(" ", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _count(value: object) -> int | None:
    number = _amount(value)
    return int(number) if number is not None and number.is_integer() else None


_SCALARS: dict[object, Callable[[object], Any]] = {Text: _text, Identifier: _identifier, Amount: _amount, Count: _count}


@cache
def _plan(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any, bool], ...]:
    """(attribute, JSON key, wanted type, is it an array) of each field."""
    plan = []
    for field in msgspec.structs.fields(kind):
        wanted, is_list = field.type, False
        if wanted not in _SCALARS:
            wanted = _without_none(wanted)
            if typing.get_origin(wanted) is list:
                (wanted,), is_list = typing.get_args(wanted), True
        plan.append((field.name, field.encode_name, wanted, is_list))
    return tuple(plan)


def _without_none(union: Any) -> Any:
    if isinstance(union, UnionType):
        (union,) = (part for part in typing.get_args(union) if part is not type(None))
    return union
