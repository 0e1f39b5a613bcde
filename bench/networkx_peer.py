"""The peer of the scan: the same six questions asked with NetworkX, straightforwardly.

It reads the canonical CSV files, builds one `MultiDiGraph`, and walks it in Python, as an analyst with NetworkX would.
It answers whom to look at; it has no innocent explanations, evidence rows or reasons, so it does less.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx

Row = dict[str, str]


def _rows(folder: Path, table: str) -> Iterator[Row]:
    file = folder / f"{table}.csv"
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as handle:
            yield from csv.DictReader(handle)


def _day(text: str) -> int | None:
    return date.fromisoformat(text[:10]).toordinal() if text else None


def build(folder: Path) -> nx.MultiDiGraph[Any]:
    """The whole province as one graph."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for row in _rows(folder, "orgs"):
        graph.add_node(row["org_id"], label="Org", **row)
        if row.get("legal_rep_id"):
            graph.add_edge(row["legal_rep_id"], row["org_id"], label="legal_rep", start=None, end=None)
    for row in _rows(folder, "persons"):
        graph.add_node(row["person_id"], label="Person", name=row["name"])
    for row in _rows(folder, "tenders"):
        graph.add_node(row["tender_id"], label="Tender", day=_day(row["opened_at"]))
        graph.add_edge(row["buyer_id"], row["tender_id"], label="buys")
    for row in _rows(folder, "bids"):
        graph.add_node(row["bid_id"], label="Bid", **row)
        graph.add_edge(row["bidder_id"], row["bid_id"], label="submitted")
        graph.add_edge(row["bid_id"], row["tender_id"], label="bid_for")
    for row in _rows(folder, "roles"):
        share = float(row["share_pct"] or 0)
        ends = {"start": _day(row["valid_from"]), "end": _day(row["valid_to"])}
        graph.add_edge(row["holder_id"], row["org_id"], label=row["kind"], share=share, **ends)
    for row in _rows(folder, "posts"):
        ends = {"start": _day(row["valid_from"]), "end": _day(row["valid_to"])}
        graph.add_edge(row["person_id"], row["org_id"], label="post", powers=row["powers"], **ends)
    for row in _rows(folder, "kinship"):
        graph.add_edge(row["person_a"], row["person_b"], label="kin")
        graph.add_edge(row["person_b"], row["person_a"], label="kin")
    for row in _rows(folder, "contacts"):
        contact = f"{row['kind']}:{row['value']}"
        graph.add_node(contact, label="Contact")
        ends = {"start": _day(row["valid_from"]), "end": _day(row["valid_to"])}
        graph.add_edge(row["owner_id"], contact, label="uses", **ends)
    for row in _rows(folder, "bid_devices"):
        for code in ("lock_no", "ca_no", "file_id", "file_md5", "mac", "cpu_sn", "disk_sn", "ip"):
            if row.get(code):
                device = f"{code}:{row[code]}"
                graph.add_node(device, label="Device")
                graph.add_edge(row["bid_id"], device, label="made_with", code=code)
    for row in _rows(folder, "bid_deposits"):
        for source in (row["payer_account"], row["payer_id"]):
            if source:
                graph.add_edge(f"deposit:{source}", row["bid_id"], label="deposit", form=row["form"])
    for row in _rows(folder, "payments"):
        graph.add_edge(
            row["payer_id"],
            row["payee_id"],
            label="paid",
            day=_day(row["paid_on"]),
            amount=float(row["amount"]),
            debt=row["debt_id"],
            approver=row["approver_id"],
        )
    for row in _rows(folder, "transfers"):
        graph.add_edge(
            row["from_id"], row["to_id"], label="paid", day=_day(row["date"]), amount=float(row["amount"]), debt=""
        )
    _add_the_rest(graph, folder)
    return graph


def _add_the_rest(graph: nx.MultiDiGraph[Any], folder: Path) -> None:
    """What the six questions do not walk and the graph of a province has all the same."""
    for table, (key, references) in REST.items():
        for row in _rows(folder, table):
            if key:
                graph.add_node(row[key], label=table, **row)
            for source, target, label in references:
                if row.get(source) and row.get(target):
                    graph.add_edge(row[source], row[target], label=label)


REST: dict[str, tuple[str | None, list[tuple[str, str, str]]]] = {
    "projects": ("project_id", []),
    "tenders": (None, [("agent_id", "tender_id", "agent_of"), ("tender_id", "project_id", "part_of")]),
    "bids": (None, [("handler_id", "bid_id", "handled")]),
    "bid_members": (None, [("person_id", "bid_id", "member")]),
    "evaluations": (None, [("expert_id", "tender_id", "evaluated")]),
    "contracts": (
        "contract_id",
        [
            ("buyer_id", "contract_id", "lets"),
            ("contract_id", "supplier_id", "supplied_by"),
            ("contract_id", "tender_id", "follows_from"),
            ("contract_id", "parent_id", "part_of"),
        ],
    ),
    "payments": (
        "payment_id",
        [
            ("payment_id", "payer_id", "paid_by"),
            ("payment_id", "payee_id", "paid_to"),
            ("payment_id", "debt_id", "settles"),
            ("payment_id", "contract_id", "under"),
            ("payment_id", "fund_id", "from_fund"),
            ("approver_id", "payment_id", "approved"),
        ],
    ),
    "debts": (
        "debt_id",
        [("debtor_id", "debt_id", "owes"), ("debt_id", "creditor_id", "owed_to"), ("debt_id", "contract_id", "from")],
    ),
    "funds": ("fund_id", [("grantor_id", "fund_id", "granted"), ("fund_id", "recipient_id", "granted_to")]),
    "claim_transfers": (None, [("assignor_id", "assignee_id", "assigned")]),
    "asset_disposals": (None, [("disposer_id", "acquirer_id", "disposed")]),
}


def scan(graph: nx.MultiDiGraph[Any]) -> dict[str, set[tuple[str, ...]]]:
    """The six questions; each answer is a tuple of ids."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for tender, data in graph.nodes(data=True):
        if data.get("label") == "Tender":
            _tender(graph, tender, data.get("day"), found)
    _kickbacks(graph, found)
    return found


def _tender(graph: nx.MultiDiGraph[Any], tender: str, day: int | None, found: dict[str, set[tuple[str, ...]]]) -> None:
    shared: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for bid, _, edge in graph.in_edges(tender, data=True):
        if edge["label"] != "bid_for":
            continue
        bidder = graph.nodes[bid]["bidder_id"]
        for _, device, made in graph.out_edges(bid, data=True):
            if made["label"] == "made_with":
                shared["same_device"][device].add(bidder)
        for source, _, paid in graph.in_edges(bid, data=True):
            if paid["label"] == "deposit" and paid["form"] == "transfer":
                shared["deposit_same_source"][source].add(bidder)
        for holder, _, role in graph.in_edges(bidder, data=True):
            if role["label"] == "legal_rep" and _held(role, day):
                shared["same_principal"][holder].add(bidder)
        for _, contact, use in graph.out_edges(bidder, data=True):
            if use["label"] == "uses" and _held(use, day) and graph.in_degree(contact) <= 8:
                shared["shared_contact"][contact].add(bidder)
        for top in _controllers(graph, bidder, day):
            shared["common_controller"][top].add(bidder)
    for question, things in shared.items():
        for bidders in things.values():
            if len(bidders) > 1:
                found[question].add((tender, *sorted(bidders)))


def _held(edge: dict[str, Any], day: int | None) -> bool:
    if day is None:
        return False
    return (edge["start"] or 0) <= day <= (edge["end"] or 10**7)


def _controllers(graph: nx.MultiDiGraph[Any], firm: str, day: int | None) -> set[str]:
    tops: set[str] = set()
    level = {firm}
    for _ in range(6):
        level = {
            holder
            for member in level
            for holder, _, role in graph.in_edges(member, data=True)
            if (role["label"] == "actual_controller" or (role["label"] == "shareholder" and role["share"] > 50))
            and _held(role, day)
        } - tops
        tops |= level
    return tops


def _kickbacks(graph: nx.MultiDiGraph[Any], found: dict[str, set[tuple[str, ...]]]) -> None:
    releases = [(u, v, d) for u, v, d in graph.edges(data=True) if d["label"] == "paid" and d["debt"]]
    for debtor, creditor, release in releases:
        officials = {release["approver"]} - {""}
        for person, _, post in graph.in_edges(debtor, data=True):
            if post["label"] == "post" and {"approve", "pay"} & set(post["powers"].split(";")):
                officials.add(person)
        tied = {party for official in officials if official in graph for party in _tied(graph, official)}
        tied -= {creditor, debtor}
        _follow(graph, creditor, release, tied, found)


def _tied(graph: nx.MultiDiGraph[Any], person: str) -> set[str]:
    kin = {other for _, other, edge in graph.out_edges(person, data=True) if edge["label"] == "kin"}
    roles = ("legal_rep", "shareholder", "director", "supervisor", "manager", "finance", "actual_controller")
    firms = {
        firm
        for member in kin | {person}
        for _, firm, edge in graph.out_edges(member, data=True)
        if edge["label"] in roles
    }
    return kin | firms | {person}


def _follow(
    graph: nx.MultiDiGraph[Any],
    creditor: str,
    release: dict[str, Any],
    tied: set[str],
    found: dict[str, set[tuple[str, ...]]],
) -> None:
    paths: list[tuple[str, int, float]] = [(creditor, 0, 0.0)]
    for hop in range(4):
        onward = []
        for party, arrived, received in paths:
            for _, payee, paid in graph.out_edges(party, data=True):
                if paid["label"] != "paid":
                    continue
                if hop == 0 and abs(paid["day"] - release["day"]) > 90:
                    continue
                if hop and not (arrived <= paid["day"] <= arrived + 30 and received / 2 <= paid["amount"] <= received):
                    continue
                if payee in tied and 0.02 <= paid["amount"] / release["amount"] <= 0.4:
                    found["release_kickback"].add((release["debt"], creditor, payee))
                elif paid["amount"] <= release["amount"] * 4:
                    onward.append((payee, paid["day"], paid["amount"]))
        paths = onward
