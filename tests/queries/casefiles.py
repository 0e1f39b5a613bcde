"""The case files of the detectors: small named worlds in canonical tables, and what a detector must say of each.

detector: same_device
world:                      # tables that every case starts from; a case adds rows, or repeats a key to change one
  tenders:
    - {tender_id: T1, buyer_id: G1, opened_at: 2024-03-01}
cases:
  - name: two bids from one lock
    why: the statute names it
    expect: flagged         # flagged | cleared | silent
    tier: A                 # of the finding, where flagged
    twin: on_site_terminal  # the innocent explanation that fits, where cleared
    entities: [O1, O2]      # ids that the finding must name
    absent: [O3]            # ids that it must not name
    roles: {O1: [bidder]}   # every role in which it names an id
    kinds: {P1: person}     # what an id is named as
    identity: {bidder: O1}  # the whole of what the finding is about
    laws: [order_87_37]     # the rules that it cites, where the judge chooses them
    verdicts: {past_role: ruled_out}  # what must be said of innocent explanations
    bases: {past_role: 不再} # what the basis of such a verdict must say, in Chinese
    evidence: {bids: 2}     # how many rows of a table it shows as evidence
    amount: 500000          # money that the finding touches, in minor units
    period: [2024-03-01, 2024-03-31]  # its first and its last day
    figures: {p: 0.0123}    # statistics that the finding states, to a thousandth of each
    reasons: 2              # how many sentences say why
    says: [3.80%]           # what its reasons must say, in Chinese
    set: {popular: 3}       # parameters, defaults otherwise
    findings: 2             # how many there must be, 1 otherwise
    tables:
      bids:
        - {bid_id: B1, tender_id: T1, bidder_id: O1}
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from graph.snapshot import Workspace
from loaders.load import load
from queries.finding import Lead, Status, Verdict
from queries.profiles import configure
from queries.registry import detector
from queries.scan import ScanResult
from queries.session import EngineName, scan_workspace

FOLDER = Path(__file__).resolve().parent.parent / "cases"

Rows = Sequence[Mapping[str, Any]]

_KEYS = frozenset(
    {
        "name",
        "why",
        "expect",
        "tables",
        "tier",
        "twin",
        "entities",
        "absent",
        "roles",
        "kinds",
        "identity",
        "laws",
        "verdicts",
        "bases",
        "evidence",
        "amount",
        "period",
        "figures",
        "reasons",
        "says",
        "set",
        "findings",
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """One named world and what must come of it."""

    detector: str
    name: str
    why: str
    expect: Literal["flagged", "cleared", "silent"]
    tables: dict[str, list[Mapping[str, Any]]]
    tier: str | None
    twin: str | None
    entities: tuple[str, ...]
    absent: tuple[str, ...]
    roles: dict[str, list[str]]
    kinds: dict[str, str]
    identity: dict[str, str] | None
    laws: tuple[str, ...] | None
    verdicts: dict[str, str]
    bases: dict[str, str]
    evidence: dict[str, int]
    amount: int | None
    period: tuple[date, ...]
    figures: dict[str, float]
    reasons: int | None
    says: tuple[str, ...]
    parameters: dict[str, Any]
    findings: int


def read_cases(detector_id: str) -> list[Case]:
    """The cases of a detector.

    Raises:
        FileNotFoundError: the detector has no case file.
        KeyError: a case lacks its name, its why or what it expects.
    """
    document = yaml.safe_load((FOLDER / f"{detector_id}.yml").read_text(encoding="utf-8"))
    world: dict[str, list[Mapping[str, Any]]] = document.get("world", {})
    cases = []
    for entry in document["cases"]:
        unknown = entry.keys() - _KEYS
        if unknown:
            raise KeyError(f"{detector_id}.yml: case {entry.get('name')}: unknown keys {sorted(unknown)}")
        tables = {table: list(rows) for table, rows in world.items()}
        for table, rows in (entry.get("tables") or {}).items():
            tables[table] = [*tables.get(table, []), *rows]
        cases.append(
            Case(
                detector=detector_id,
                name=entry["name"],
                why=entry["why"],
                expect=entry["expect"],
                tables=tables,
                tier=entry.get("tier"),
                twin=entry.get("twin"),
                entities=tuple(map(str, entry.get("entities", ()))),
                absent=tuple(map(str, entry.get("absent", ()))),
                roles=entry.get("roles", {}),
                kinds=entry.get("kinds", {}),
                identity=entry.get("identity"),
                laws=tuple(entry["laws"]) if "laws" in entry else None,
                verdicts=entry.get("verdicts", {}),
                bases=entry.get("bases", {}),
                evidence=entry.get("evidence", {}),
                amount=entry.get("amount"),
                period=tuple(entry.get("period", ())),
                figures=entry.get("figures", {}),
                reasons=entry.get("reasons"),
                says=tuple(map(str, entry.get("says", ()))),
                parameters=entry.get("set", {}),
                findings=entry.get("findings", 1),
            )
        )
    return cases


def mismatch(case: Case, leads: Sequence[Lead]) -> str | None:
    """How what was found differs from what the case expects; None where it does not."""
    found = [(lead.status.value, lead.identity) for lead in leads]
    if case.expect == "silent":
        return f"silent was expected: {case.why}; found {found}" if leads else None
    wanted = [lead for lead in leads if lead.status is Status(case.expect)]
    if not len(wanted) == len(leads) == case.findings:
        return f"{case.findings} {case.expect} expected: {case.why}; found {found}"
    for lead in wanted:
        named = {entity.id for entity in lead.entities}
        verdicts = {excuse.explanation: excuse.verdict for excuse in lead.innocent}
        if case.tier is not None and lead.tier != case.tier:
            return f"tier {case.tier} expected, not {lead.tier}"
        if not named >= set(case.entities) or named & set(case.absent):
            return f"{sorted(case.entities)} must be named and {sorted(case.absent)} not; named are {sorted(named)}"
        roles = {id_: sorted(entity.role for entity in lead.entities if entity.id == id_) for id_ in case.roles}
        if roles != case.roles:
            return f"roles {case.roles} expected, not {roles}"
        kinds = {id_: {entity.kind for entity in lead.entities if entity.id == id_} for id_ in case.kinds}
        if kinds != {id_: {kind} for id_, kind in case.kinds.items()}:
            return f"kinds {case.kinds} expected, not {kinds}"
        if case.identity is not None and lead.identity != case.identity:
            return f"identity {case.identity} expected, not {lead.identity}"
        if case.laws is not None and lead.laws != case.laws:
            return f"laws {case.laws} expected, not {lead.laws}"
        if case.twin and verdicts.get(case.twin) is not Verdict.FITS:
            return f"{case.twin} must fit; the verdicts are {verdicts}"
        differing = {
            name: verdicts.get(name) for name, verdict in case.verdicts.items() if verdicts.get(name) != verdict
        }
        if differing:
            return f"verdicts {case.verdicts} expected, not {differing}"
        bases = {excuse.explanation: excuse.basis.zh for excuse in lead.innocent}
        if not all(words in bases.get(name, "") for name, words in case.bases.items()):
            return f"{case.bases} expected to be said of them, not {bases}"
        rows = {table: len({ref for ref in lead.records if ref.table == table}) for table in case.evidence}
        if rows != case.evidence:
            return f"rows {case.evidence} expected as evidence, not {rows}"
        if case.amount is not None and (lead.amount is None or lead.amount.value != case.amount):
            return f"amount {case.amount} expected, not {lead.amount}"
        if case.period and lead.period != case.period:
            return f"period {case.period} expected, not {lead.period}"
        figures = {name: lead.statistics.get(name) for name in case.figures}
        if not all(_near(figures[name], value) for name, value in case.figures.items()):
            return f"figures {case.figures} expected, not {figures}"
        if case.reasons is not None and len(lead.reasons) != case.reasons:
            return f"{case.reasons} sentences expected, not {len(lead.reasons)}"
        told = "".join(reason.zh for reason in lead.reasons)
        if not all(words in told for words in case.says):
            return f"{case.says} expected to be said, not {told}"
    return None


def _near(found: object, expected: float) -> bool:
    return isinstance(found, int | float) and math.isclose(found, expected, rel_tol=1e-3)


def write_tables(tables: Mapping[str, Rows], folder: Path) -> None:
    """Canonical CSV files of the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns)
            writer.writeheader()
            writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def scan_tables(
    tables: Mapping[str, Rows],
    folder: Path,
    detector_ids: Sequence[str],
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    engine: EngineName = "embedded",
    threads: int | None = 1,
) -> ScanResult:
    """Load the tables through the real loader and scan them."""
    write_tables(tables, folder / "source")
    workspace = Workspace(folder / "workspace")
    report = load([folder / "source"], workspace, threads=threads)
    assert report.quarantined == 0, f"the case has rows that cannot be read: {report.as_dict()}"
    chosen = configure([detector(d) for d in detector_ids], settings=parameters or {})
    return scan_workspace(workspace, chosen, engine=engine, threads=threads)


def scan_case(case: Case, folder: Path, engine: EngineName = "embedded") -> ScanResult:
    """Scan one case with its detector."""
    return scan_tables(case.tables, folder, [case.detector], {case.detector: case.parameters}, engine)
