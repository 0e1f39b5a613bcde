"""One pass over a file's bytes before it is read: its checksum, what it really is, its encoding."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import hashlib
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Literal

from loaders.messages import UnreadableSource

Form = Literal["text", "sheet", "parquet", "json"]

_PIECE = 1 << 24
_HEAD = 1 << 16
_TEXT_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
DAMAGED = "damaged utf-8"
"""Neither UTF-8 nor GB18030 from one end to the other: the rows that are UTF-8 are read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is known to be readable.

    `path` is the file itself, or its plain UTF-8 copy in the scratch folder where it was packed or in another
    encoding; `skip` the bytes of a byte order mark at its beginning.
    """

    file: Path
    path: Path
    form: Form
    format: str
    """What the file is, for the manifest: csv, csv.gz, xlsx, parquet, json…"""
    encoding: str | None
    sha256: str
    size: int
    skip: int = 0


def open_file(file: Path, scratch: Path, encoding: str | None = None) -> Opened:
    """Look at a file.

    Args:
        file: the file.
        scratch: folder for plain copies.
        encoding: where a mapping states it; found out otherwise.

    Raises:
        UnreadableSource: there is none, it is empty, or it is of a kind that is not read.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as handle:
            head = handle.read(_HEAD)
            if not head:
                raise UnreadableSource(file, "empty_file")
            form = _form(file, head)
            packed = head.startswith(b"\x1f\x8b")
            if form in ("sheet", "parquet"):
                handle.seek(0)
                return Opened(file, file, form, _suffix(file), None, _digest(handle), size)
            handle.seek(0)
            return _open_text(file, handle, scratch, size, form, encoding, packed=packed)
    except OSError as error:
        raise UnreadableSource(file, "no_access", error=error.strerror or str(error)) from error


def _suffix(file: Path) -> str:
    suffixes = [suffix.lower().lstrip(".") for suffix in file.suffixes]
    return ".".join(suffixes[-2:]) if suffixes[-1:] == ["gz"] else (suffixes or [""])[-1]


def _form(file: Path, head: bytes) -> Form:
    suffix = _suffix(file)
    if head.startswith(b"%PDF"):
        raise UnreadableSource(file, "is_pdf")
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise UnreadableSource(file, "damaged_sheet") from error
        if any(name.startswith("xl/") for name in names) or "content.xml" in names:
            return "sheet"
        raise UnreadableSource(file, "is_zip")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "sheet"
    if head.startswith(b"PAR1"):
        return "parquet"
    if suffix in ("xlsx", "xls", "xlsm", "ods"):
        raise UnreadableSource(file, "not_a_sheet")
    if suffix == "parquet":
        raise UnreadableSource(file, "not_parquet")
    start = head.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        raise UnreadableSource(file, "is_html")
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")):
        raise UnreadableSource(file, "is_binary")
    return "json" if suffix.removesuffix(".gz") in ("json", "jsonl", "ndjson") else "text"


def _digest(handle: BufferedReader) -> str:
    return hashlib.file_digest(handle, "sha256").hexdigest()


def _open_text(
    file: Path,
    handle: BufferedReader,
    scratch: Path,
    size: int,
    form: Form,
    encoding: str | None,
    *,
    packed: bool,
) -> Opened:
    checksum = hashlib.sha256()
    if form == "json":
        for piece in iter(lambda: handle.read(_PIECE), b""):
            checksum.update(piece)
        return Opened(file, file, form, _suffix(file), None, checksum.hexdigest(), size)
    plain = _copy(scratch) if packed else file
    is_utf8 = _Utf8()
    head = b""
    with plain.open("wb") if packed else contextlib.nullcontext() as copy:
        for piece in _pieces(file, handle, checksum, packed=packed):
            head = head or piece[:4]
            is_utf8.feed(piece)
            if copy is not None:
                copy.write(piece)
    if not head:
        raise UnreadableSource(file, "empty_file")
    mark, found = next(((m, name) for m, name in _TEXT_MARKS.items() if head.startswith(m)), (b"", encoding))
    if found is None:
        found = "utf-8" if is_utf8.so_far(final=True) else "gb18030" if _decodes(plain, "gb18030") else DAMAGED
    if found in ("utf-8", DAMAGED):
        return Opened(file, plain, form, _suffix(file), found, checksum.hexdigest(), size, len(mark))
    copied = _copy(scratch)
    _transcode(file, plain, copied, found)
    return Opened(file, copied, form, _suffix(file), found, checksum.hexdigest(), size)


def _copy(scratch: Path) -> Path:
    return scratch / f"{secrets.token_hex(8)}.csv"


def _pieces(file: Path, handle: BufferedReader, checksum: hashlib._Hash, *, packed: bool) -> Iterator[bytes]:
    if not packed:
        for piece in iter(lambda: handle.read(_PIECE), b""):
            checksum.update(piece)
            yield piece
        return
    for piece in iter(lambda: handle.read(_PIECE), b""):
        checksum.update(piece)
    handle.seek(0)
    try:
        with gzip.open(handle) as unpacked:
            for piece in iter(lambda: unpacked.read(_PIECE), b""):
                yield piece
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableSource(file, "damaged_gzip") from error


class _Utf8:
    """Whether a stream of bytes is UTF-8."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._valid = True
        self._ascii = True

    def feed(self, piece: bytes) -> None:
        # The check for ASCII is ten times as fast and answers for most files.
        if self._valid and not (self._ascii and piece.isascii()):
            self._ascii = False
            self._valid = self._decodes(piece)

    def so_far(self, *, final: bool) -> bool:
        return self._valid and self._decodes(b"", final=final)

    def _decodes(self, piece: bytes, *, final: bool = False) -> bool:
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            return False
        return True


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as text:
            for _ in iter(lambda: text.read(_PIECE), ""):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _transcode(file: Path, source: Path, target: Path, encoding: str) -> None:
    try:
        with source.open(encoding=encoding, errors="replace", newline="") as reading, target.open("wb") as writing:
            for piece in iter(lambda: reading.read(_PIECE), ""):
                writing.write(piece.encode())
    except LookupError as error:
        raise UnreadableSource(file, "no_such_encoding", encoding=encoding) from error
