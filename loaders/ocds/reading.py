"""OCDS files as batches: the releases of each contracting process are brought together, then mapped.

A first pass over the file notes where each process's releases stand, a second one reads process by process, in
the order in which they first appear. So releases of one process may stand anywhere in the file, and memory holds
one process, one batch of rows, 32 bytes a release and the parties met so far (at most `MOST_PARTIES`).
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loaders.adapter import Batch, Notes
from loaders.json_rows import Ledger, clean
from loaders.json_source import JsonSource, UnreadableSpanError, open_json
from loaders.ocds.compiling import Item, compile_process
from loaders.ocds.mapping import map_process
from loaders.ocds.parties import PartyBook

_SECTIONS = frozenset(("planning", "tender", "bids", "awards", "contracts", "parties", "buyer"))
_LISTS = ("records", "releases")
_ONE_RECORD = frozenset(("ocid", "compiledRelease", "versionedRelease"))

KEPT_DECODED = 16 << 20
"""Bytes of a file up to which the first pass keeps what it decoded for the second."""


def read_ocds(file: Path, notes: Notes) -> Iterator[Batch]:
    """Canonical rows of a file of releases, records, packages of either, arrays of these, or JSON lines; plain or gzip.

    Raises:
        UnreadableSource: the file is empty or no JSON at all.
    """
    ledger = Ledger("tenders")
    with open_json(file, _LISTS, _ONE_RECORD) as source:
        for row, reason in source.broken:
            ledger.reject(None, row, None, None, reason)
        parties = PartyBook(ledger)
        for items in _processes(source, ledger):
            release, unmerged = compile_process(items)
            for item in unmerged:
                ledger.reject(None, item.row, item.ocid, None, "ocds_unmergeable")
            try:
                map_process(release, items[0], ledger, parties)
            except RecursionError:
                ledger.reject(None, items[0].row, items[0].ocid, None, "json_too_deep")
            yield from ledger.batches()
        parties.flush()
    ledger.report(notes)
    yield from ledger.batches(rest=True)


def _processes(source: JsonSource, ledger: Ledger) -> Iterator[list[Item]]:
    """The items of each process together, processes in order of their first item."""
    spans = _Spans(source, ledger)
    hashes, places, inner = array("Q"), array("Q"), array("Q")
    for span in range(len(source)):
        for number, item in enumerate(spans.items(span, report=True)):
            digest = hashlib.blake2b((item.ocid or "").encode(), digest_size=8).digest()
            hashes.append(int.from_bytes(digest, "little"))
            places.append(span)
            inner.append(number)
    for group in _groups(np.frombuffer(hashes, np.uint64) if hashes else np.empty(0, np.uint64)):
        together: dict[str | None, list[Item]] = {}  # two processes may share a hash
        for index in group:
            item = spans.items(places[index])[inner[index]]
            together.setdefault(item.ocid, []).append(item)
        yield from together.values()


def _groups(hashes: npt.NDArray[np.uint64]) -> Iterator[list[int]]:
    """Indices of equal hashes, groups in order of their first index."""
    order = np.argsort(hashes, kind="stable")
    starts = np.flatnonzero(np.r_[True, hashes[order][1:] != hashes[order][:-1]]) if len(order) else np.empty(0, int)
    ends = np.r_[starts[1:], len(order)]
    for group in np.argsort(order[starts], kind="stable"):
        yield order[starts[group] : ends[group]].tolist()


class _Spans:
    """The items of each span, decoded once for small files, else again when asked for."""

    def __init__(self, source: JsonSource, ledger: Ledger) -> None:
        self._source = source
        self._ledger = ledger
        self._kept: dict[int, list[Item]] = {}
        self._keep_all = len(source.data) <= KEPT_DECODED

    def items(self, span: int, *, report: bool = False) -> list[Item]:
        """The releases and compiled records of a span; what is neither goes to quarantine if `report`."""
        if span in self._kept:
            return self._kept[span]
        row = self._source.rows[span]
        found: list[Item] = []
        try:
            problems = list(_unpack(self._source.decode(span), None, row, found))
        except UnreadableSpanError as error:
            problems = [error.reason]
        except RecursionError:
            problems = ["json_too_deep"]
        if report:
            for reason in problems:
                self._ledger.reject(None, row, None, None, reason)
        if not self._keep_all:
            self._kept.clear()
        self._kept[span] = found
        return found


def _unpack(value: Any, ocid: str | None, row: int, found: list[Item]) -> Iterator[str]:
    """Append the items of a JSON value to `found`; yields a reason for each part that is none."""
    if isinstance(value, list):
        for part in value:
            yield from _unpack(part, None, row, found)
    elif not isinstance(value, dict):
        yield "ocds_not_ocds"
    elif isinstance(value.get("records"), list):
        yield from _unpack(value["records"], None, row, found)
    elif "compiledRelease" in value or "versionedRelease" in value or ("ocid" in value and "releases" in value):
        yield from _unpack_record(value, row, found)
    elif isinstance(value.get("releases"), list):
        yield from _unpack(value["releases"], None, row, found)
    else:
        own = _ocid(value) or ocid
        if own is None:
            yield "ocds_no_ocid" if _SECTIONS & value.keys() else "ocds_not_ocds"
        else:
            tags = value.get("tag")
            found.append(Item(own, value, isinstance(tags, list) and "compiled" in tags, row))


def _unpack_record(record: dict[str, Any], row: int, found: list[Item]) -> Iterator[str]:
    compiled, releases = record.get("compiledRelease"), record.get("releases")
    ocid = _ocid(record)
    if isinstance(compiled, dict):
        own = _ocid(compiled) or ocid
        if own is None:
            yield "ocds_no_ocid"
        else:
            found.append(Item(own, compiled, True, row))
        return
    releases = releases if isinstance(releases, list) else []
    embedded = [part for part in releases if isinstance(part, dict) and (_SECTIONS & part.keys() or "ocid" in part)]
    if not embedded:
        yield "ocds_linked_releases" if releases else "ocds_no_release"
    for release in embedded:
        yield from _unpack(release, ocid, row, found)


def _ocid(value: dict[str, Any]) -> str | None:
    ocid = value.get("ocid")
    return clean(ocid) if isinstance(ocid, str) else None
