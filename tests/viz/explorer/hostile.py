"""A sample province whose every text tries to act: names, titles, notes, purposes, and the name of a file."""

from __future__ import annotations

import csv
from pathlib import Path
from zlib import crc32

from loaders.sample import write_sample

SCRIPT = "<script>window.owned=1</script>"
IMAGE = '"><img src=x onerror=window.owned=1>'
TURNED = "\u202e\u2066清风\u2069<b onmouseover=window.owned=1>"
LONG = "长" * 10_000
HOSTILE = [
    SCRIPT,
    IMAGE,
    "javascript:window.owned=1",
    TURNED,
    "'</title></style><svg/onload=window.owned=1>",
    "{{constructor.constructor('window.owned=1')()}}",
    "=HYPERLINK(1)<svg/onload=window.owned=1>",
]
RARELY = 31
"""One value in so many is 10,000 characters long."""

TEXTS = {
    "orgs": ["name", "address", "industry"],
    "persons": ["name"],
    "posts": ["title", "rank"],
    "projects": ["name"],
    "tenders": ["title", "budget_item"],
    "bids": ["disqualified_reason"],
    "payments": ["purpose"],
    "funds": ["name", "allowed_use"],
    "platforms": ["name"],
    "complaints": ["channel", "category", "text"],
    "transfers": ["basis"],
    "disclosures": ["item"],
    "qualifications": ["kind", "grade"],
    "bid_members": ["certificate_no"],
    "registrations": ["kind", "certificate_no"],
}
"""Columns that hold free text, by table."""

PAYMENTS = "payments<script>window.owned=1<" + "img src=x onerror=window.owned=1>\u202efdp.csv"
"""What the file of the payments is called."""


def hostile(value: str) -> str:
    """The value behind script; equal values stay equal."""
    number = crc32(value.encode())
    return (LONG if number % RARELY == 0 else HOSTILE[number % len(HOSTILE)]) + value


def write_hostile_sample(folder: Path, bids: int) -> tuple[list[Path], Path]:
    """Write the province; gives the folders to load and the mapping that makes the oddly named file a table."""
    province, odd = folder / "province", folder / "odd"
    write_sample(province, bids=bids, seed=1)
    for table, columns in TEXTS.items():
        file = province / f"{table}.csv"
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
        for row in rows:
            row.update({column: hostile(row[column]) for column in columns if row[column]})
            row |= {"source_system": hostile("系统"), "source_record_id": SCRIPT}
        with file.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    odd.mkdir()
    (province / "payments.csv").rename(odd / PAYMENTS)
    headers = rows_of(odd / PAYMENTS)
    mapping = folder / "mapping.yml"
    lines = [f"      {header}: {header}" for header in headers]
    mapping.write_text(
        "\n".join(["files: 'payments*'", "tables:", "  - table: payments", "    columns:", *lines, ""]),
        encoding="utf-8",
    )
    return [province, odd], mapping


def rows_of(file: Path) -> list[str]:
    """The headers of a table."""
    with file.open(encoding="utf-8-sig", newline="") as source:
        return next(csv.reader(source))
