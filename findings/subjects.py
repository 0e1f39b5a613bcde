"""What a finding is about, beyond its ids: names of its entities, the public bodies in it, where it belongs.

Read from the snapshot's tables when a scan is recorded, in one query for all findings, so that a list of findings
needs no graph.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

AGENCY_ROLES = ("buyer", "debtor", "grantor", "owner", "body", "disposer", "department")
"""Roles in which an organisation is the public body that spends, owes or decides."""

NAMED: dict[str, str] = {
    "org": "SELECT org_id AS id, name FROM orgs",
    "person": "SELECT person_id, name FROM persons",
    "tender": "SELECT tender_id, title FROM tenders",
    "project": "SELECT project_id, name FROM projects",
    "fund": "SELECT fund_id, name FROM funds",
    "platform": "SELECT platform_id, name FROM platforms",
}
"""Kinds of entities that have a name, and where it stands."""

OWNED: dict[str, str] = {
    "tender": "SELECT tender_id AS id, buyer_id AS agency, region FROM tenders",
    "contract": "SELECT contract_id, buyer_id, NULL FROM contracts",
    "debt": "SELECT debt_id, debtor_id, NULL FROM debts",
    "project": "SELECT project_id, owner_id, region FROM projects",
    "fund": "SELECT fund_id, grantor_id, NULL FROM funds",
    "platform": "SELECT platform_id, operator_id, region FROM platforms",
    "asset": "SELECT asset_id, disposer_id, NULL FROM asset_disposals",
}
"""Kinds of entities that a public body answers for, with the region that they name themselves."""


@dataclass(frozen=True, slots=True)
class Agency:
    """A public body that a finding involves."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """A person (`person`) or organisation (`org`) that stands in a finding's evidence."""

    kind: str
    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Subjects:
    """Names by (kind, id); by finding id its public bodies, its region, and the parties of its evidence alone."""

    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    agencies: Mapping[str, tuple[Agency, ...]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Party, ...]] = field(default_factory=dict)
    """Who is in the evidence and is no entity of the finding: who paid a deposit for the bidders, say. Recusal and the
    rule on persons' names hold for them as well."""


def read_subjects(connection: duckdb.DuckDBPyConnection, findings: Iterable[Mapping[str, Any]]) -> Subjects:
    """The subjects of findings, given in the findings format.

    The public bodies are those that the finding names as buyer, debtor, grantor…; where it names none, those that
    answer for its tenders, contracts, debts, projects and funds. The region is the smallest one that contains
    all those bodies, or else the tenders and projects, or else the firms of the finding.
    """
    rows: set[tuple[str, ...]] = set()
    nodes: set[tuple[str, ...]] = set()
    for finding in findings:
        own = finding["finding_id"]
        rows.update((own, entity["id"], entity["kind"], entity["role"]) for entity in finding["entities"])
        nodes.update((own, node) for node in finding["evidence"]["nodes"])
    connection.register("parts", _texts(rows, "finding", "id", "kind", "role"))
    connection.register("beside", _texts(nodes.difference(row[:2] for row in rows), "finding", "id"))
    try:
        named = connection.execute(_NAMES).fetchall()
        placed = connection.execute(_AGENCIES, [list(AGENCY_ROLES)]).fetchall()
        beside = connection.execute(_PARTIES).fetchall()
    finally:
        connection.unregister("parts")
        connection.unregister("beside")
    bodies: dict[str, list[Agency]] = defaultdict(list)
    regions: dict[str, str] = {}
    for finding, agencies, candidates in placed:
        bodies[finding] = [Agency(agency["id"], agency["name"]) for agency in agencies or ()]
        if region := common_region(candidates or ()):
            regions[finding] = region
    evidence: dict[str, list[Party]] = defaultdict(list)
    for of, kind, party, name in beside:
        evidence[of].append(Party(kind, party, name))
    return Subjects(
        names={(kind, entity): name for kind, entity, name in named},
        agencies={finding: tuple(agencies) for finding, agencies in bodies.items() if agencies},
        regions=regions,
        evidence={finding: tuple(parties) for finding, parties in evidence.items()},
    )


def _texts(rows: Iterable[tuple[str, ...]], *names: str) -> pa.Table:
    """Rows of texts as a table."""
    columns = list(zip(*sorted(rows), strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def common_region(regions: Iterable[str]) -> str | None:
    """The smallest administrative region that contains all: 380101 and 380102 are both in 380100.

    Codes are those of GB/T 2260: two digits each for province, city and county. None where they share no province,
    or where a code is none of these and another one differs from it.
    """
    codes = sorted(set(regions))
    if len(codes) <= 1:
        return codes[0] if codes else None
    if not all(code.isascii() and code.isdecimal() and len(code) >= 6 for code in codes):
        return None
    shared = next((cut for cut in (6, 4, 2) if len({code[:cut] for code in codes}) == 1), 0)
    return codes[0][:shared].ljust(6, "0") if shared else None


def _union(selects: Mapping[str, str], columns: str) -> str:
    return " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, * FROM ({select}) t({columns})"  # noqa: S608 - only constants of this module
        for kind, select in selects.items()
    )


_NAMES = f"""
SELECT DISTINCT kind, id, n.name FROM (SELECT DISTINCT kind, id FROM parts) p
JOIN ({_union(NAMED, "id, name")}) n USING (kind, id)
WHERE n.name IS NOT NULL
"""  # noqa: S608

_PARTIES = f"""
SELECT finding, kind, id, n.name FROM beside
JOIN ({_union({kind: NAMED[kind] for kind in ("person", "org")}, "id, name")}) n USING (id)
ORDER BY ALL
"""  # noqa: S608

_AGENCIES = f"""
WITH owned AS (
  SELECT finding, o.agency, o.region FROM parts JOIN ({_union(OWNED, "id, agency, region")}) o USING (kind, id)),
direct AS (SELECT finding, id AS agency FROM parts WHERE kind = 'org' AND list_contains($1, role)),
bodies AS (
  SELECT DISTINCT finding, agency FROM direct
  UNION
  SELECT finding, agency FROM owned WHERE agency IS NOT NULL AND finding NOT IN (SELECT finding FROM direct)),
placed AS (
  SELECT finding, 1 AS preference, o.region FROM bodies JOIN orgs o ON o.org_id = agency
  UNION ALL SELECT finding, 2, region FROM owned
  UNION ALL SELECT finding, 3, o.region FROM parts JOIN orgs o ON o.org_id = id WHERE kind = 'org'),
best AS (
  SELECT finding, region, preference = min(preference) OVER (PARTITION BY finding) AS chosen
  FROM placed WHERE region IS NOT NULL)
SELECT finding, a.agencies, r.regions
FROM (SELECT DISTINCT finding FROM parts)
LEFT JOIN (
  SELECT finding, list({{'id': agency, 'name': o.name}} ORDER BY agency) AS agencies
  FROM bodies LEFT JOIN orgs o ON o.org_id = agency GROUP BY finding) a USING (finding)
LEFT JOIN (
  SELECT finding, list(DISTINCT region ORDER BY region) AS regions FROM best WHERE chosen GROUP BY finding) r
  USING (finding)
"""  # noqa: S608
