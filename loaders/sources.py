"""Which files a load reads, and how each is read."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from graph.schema import TABLES
from loaders import canonical
from loaders.messages import UnreadableSource
from loaders.report import LoadReport

if TYPE_CHECKING:
    from loaders.mapping import Mapping

SourceKind = Literal["canonical", "ocds", "bods"]
"""What the files of a source are."""

How = Literal["canonical", "ocds", "bods", "mapped"]

_HEAD = 1 << 16
_BODS_MARKS = (b'"statementID"', b'"statementId"', b'"statementType"', b'"recordType"')
_JSON = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")


@dataclass(frozen=True, slots=True)
class Planned:
    """One file to read. `name` is how reports, provenance and evidence name it."""

    file: Path
    name: str
    kind: How
    certain: bool = True
    """Whether it must be a table: a workbook that just lies in the folder need not be one."""


def plan(
    sources: Sequence[Path], kind: SourceKind | None, *, mapping: Mapping | None, report: LoadReport
) -> list[Planned]:
    """The files to read, in order: canonical tables before documents, by name within a folder.

    Raises:
        UnreadableSource: a source is not there, or has no file that can be read.
    """
    planned: list[Planned] = []
    for source in sources:
        if not source.exists():
            raise UnreadableSource(source, "no_such_file")
        if source.is_dir():
            planned += _folder(source, kind, mapping, report)
        else:
            planned.append(Planned(source, source.name, _kind(source, kind, mapping)))
    return planned


def _kind(file: Path, kind: SourceKind | None, mapping: Mapping | None) -> How:
    if mapping and mapping.matches(file):
        return "mapped"
    return kind or (_document(file) if file.name.lower().endswith(_JSON) else "canonical")


def _document(file: Path) -> How:
    """Whether a JSON file speaks of contracting or of ownership; the first kilobytes tell."""
    try:
        with file.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
            handle.seek(0)
            head = gzip.GzipFile(fileobj=handle).read(_HEAD) if packed else handle.read(_HEAD)
    except (OSError, EOFError):
        return "ocds"
    return "bods" if any(mark in head for mark in _BODS_MARKS) and b'"ocid"' not in head else "ocds"


def _folder(folder: Path, kind: SourceKind | None, mapping: Mapping | None, report: LoadReport) -> list[Planned]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith((".", "~$")))
    top = [file for file in files if file.parent == folder and canonical.supported(file)]
    if mapping and (meant := [file for file in top if mapping.matches(file)]):
        return [Planned(file, file.name, "mapped") for file in meant]
    tables = [file for file in top if canonical.table_of(file.name) or file.name.lower().endswith((".xlsx", ".ods"))]
    documents = [file for file in files if file.name.lower().endswith(_JSON)]
    chosen = tables if kind == "canonical" or (kind is None and tables) else documents
    if not chosen:
        raise UnreadableSource(folder, "empty_folder", known=", ".join(TABLES))
    if chosen is tables:
        order = list(TABLES)
        chosen.sort(key=lambda file: (order.index(canonical.table_of(file.name) or order[0]), file.name))
        if ignored := [file.name for file in top if file not in chosen]:
            report.warn("files_not_read", files=", ".join(ignored))
    return [
        Planned(
            file,
            file.relative_to(folder).as_posix(),
            _kind(file, kind, None),
            certain=chosen is not tables or canonical.table_of(file.name) is not None,
        )
        for file in chosen
    ]
