"""Worlds for the store: a small town that is loaded and scanned for real, and findings by the thousand without one."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from findings.store.database import Store
from findings.store.diffing import ScanDiff
from findings.store.recording import InScan, Scanned, begin_scan, queue_scan, record_scan
from findings.subjects import Subjects
from graph.snapshot import Workspace
from loaders.load import load

Rows = Sequence[Mapping[str, Any]]

TOWN: dict[str, Rows] = {
    "orgs": [
        {"org_id": "G1", "name": "青川县住建局", "org_type": "government", "region": "380101"},
        {"org_id": "G2", "name": "白陵县水利局", "org_type": "government", "region": "380202"},
        *({"org_id": f"O{n}", "name": f"青禾建设{n}", "org_type": "private", "region": "380101"} for n in range(1, 9)),
    ],
    "tenders": [
        {
            "tender_id": f"T{n}",
            "buyer_id": "G1" if n < 4 else "G2",
            "title": f"中心小学{n}号楼",
            "opened_at": f"2024-03-0{n} 09:30",
            "region": "380101" if n < 4 else "380202",
        }
        for n in range(1, 5)
    ],
    "bids": [
        {"bid_id": f"B{n}{side}", "tender_id": f"T{n}", "bidder_id": f"O{2 * n - 1 + (side == 'b')}", "status": "valid"}
        for n in range(1, 5)
        for side in "ab"
    ],
    "bid_devices": [
        {"bid_id": f"B{n}{side}", "stage": "prepare", "lock_no": f"L-{n}", "on_site": "false"}
        for n in range(1, 5)
        for side in "ab"
    ],
}
"""Four tenders, in each of which two bids were made with one lock."""


def load_rows(workspace: Path, tables: Mapping[str, Rows]) -> str:
    """Load rows into a workspace; returns the snapshot's id."""
    source = workspace.parent / f"source{len(list(workspace.parent.glob('source*')))}"
    source.mkdir(parents=True)
    for name, rows in tables.items():
        with (source / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    report = load([source], Workspace(workspace))
    assert not report.quarantined
    return Workspace(workspace).current().id


def document(number: int, *, sentence: str = "", detector: str = "same_device") -> dict[str, Any]:
    """A finding in the findings format, of a tender with two bidders."""
    return {
        "finding_id": f"{number:020x}",
        "detector": detector,
        "detector_version": 1,
        "family": ("bid_rigging", "arrears", "power")[number % 3],
        "tier": "ABC"[number % 3],
        "status": "cleared" if number % 10 == 0 else "flagged",
        "score": (number * 7919 % 1000) / 1000,
        "rank": float(number),
        "identity": {"tender": f"T{number}"},
        "entities": [
            {"id": f"T{number}", "kind": "tender", "role": "tender"},
            {"id": f"O{number % 500}", "kind": "org", "role": "bidder"},
            {"id": f"O{500 + number % 499}", "kind": "org", "role": "bidder"},
        ],
        "reasons": [
            {
                "zh": f"标段 T{number} 的两家投标人使用同一把加密锁{sentence}。",
                "en": f"Two bidders of tender T{number} used one lock{sentence}.",
            }
        ],
        "innocent": [
            {"explanation": "on_site_terminal", "verdict": "ruled_out", "basis": {"zh": "非现场终端。", "en": "No."}}
        ],
        "evidence": {
            "nodes": [f"O{number % 500}", f"T{number}"],
            "edges": [{"type": "BID_FOR", "source": f"B{number}", "target": f"T{number}", "ref": None}],
            "records": [
                {
                    "ref": f"bid_devices:{number:016x}",
                    "file": "bid_devices.csv",
                    "row": number + 2,
                    "sha256": "0" * 64,
                    "source_record_id": None,
                    "hash": f"{number:016x}",
                }
            ],
        },
        "legal_basis": ["rules_40_1"],
        "amount": {"value": number * 100_000, "currency": "CNY"} if number % 4 else None,
        "period": {"from": "2024-01-01", "to": f"2024-{number % 12 + 1:02d}-01"},
        "statistics": None,
        "parameters": {},
        "data_as_of": "2025-06-30",
        "scan_id": "0" * 16,
    }


def documents(numbers: Sequence[int], **given: Any) -> list[bytes]:
    """Findings as JSON."""
    return [orjson.dumps(document(number, **given)) for number in numbers]


def regions(numbers: Sequence[int]) -> Subjects:
    """A county for each finding."""
    return Subjects(regions={f"{number:020x}": f"3801{number % 20:02d}" for number in numbers})


def begin(store: Store) -> int:
    """A scan that has begun; returns its number."""
    with store.session() as session:
        run = queue_scan(session, engine="embedded", profile="national", trigger="cli", actor="local").id
    with store.session() as session:
        begin_scan(session, run, snapshot_id="s1", data_as_of=date(2025, 6, 30), steps=1)
    return run


def record(
    store: Store, found: Sequence[bytes], subjects: Subjects | None = None, within: Sequence[InScan] = ()
) -> ScanDiff:
    """Record a scan of the one detector with these findings."""
    scanned = Scanned(
        scan_id="0" * 16,
        snapshot_id="s1",
        data_as_of=date(2025, 6, 30),
        findings=found,
        detectors={"same_device": 1},
        parameters={},
        inputs={"same_device": "0" * 32},
        report=[{"detector": "same_device"}],
    )
    return record_scan(store, begin(store), scanned, subjects or Subjects(), within)
