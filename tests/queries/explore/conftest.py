"""A small province, and a town made by hand, each open to explore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from graph.snapshot import Workspace
from loaders.load import load
from loaders.sample import write_sample
from queries.explore import Explorer
from tests.queries.casefiles import write_tables

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
Make = Callable[[Tables], Explorer]

TOWN: dict[str, list[dict[str, Any]]] = {
    "orgs": [
        {"org_id": "G1", "name": "岚州市财政局", "org_type": "government", "region": "380100"},
        {
            "org_id": "O1",
            "name": "岚州建设（集团）有限公司",
            "org_type": "private",
            "region": "380102",
            "uscc": "91380102MA0000001X",
        },
        {"org_id": "O2", "name": "岚州建设", "org_type": "private", "region": "380102"},
        {"org_id": "O3", "name": "新岚州建设材料有限公司", "org_type": "private", "region": "380202"},
        {"org_id": "A1", "name": "公正招标代理有限公司", "org_type": "intermediary"},
        {"org_id": "O4", "name": '<script>alert(1)</script>"{name}', "org_type": "private"},
    ],
    "persons": [{"person_id": "P1", "name": "张重庆"}, {"person_id": "P2", "name": "李四"}],
    "posts": [{"person_id": "P1", "org_id": "G1", "title": "局长", "valid_from": "2020-01-01"}],
    "roles": [
        {"holder_id": "P2", "org_id": "O1", "kind": "legal_rep", "valid_from": "2019-01-01"},
        {"holder_id": "P2", "org_id": "O1", "kind": "shareholder", "share_pct": 60},
    ],
    "contacts": [
        {"owner_id": "O1", "kind": "phone", "value": "13812341234"},
        {"owner_id": "O2", "kind": "phone", "value": "13812341234"},
        {"owner_id": "O1", "kind": "account", "value": "6217000988641975321"},
        {"owner_id": "O1", "kind": "email", "value": "zhangsan@example.cn"},
    ],
    "tenders": [
        {
            "tender_id": "T1",
            "buyer_id": "G1",
            "agent_id": "A1",
            "title": "老旧小区改造项目",
            "ceiling_price": 1000,
            "region": "380102",
            "deal_code": "LJ38",
            "published_at": "2024-02-01",
            "opened_at": "2024-03-01",
        }
    ],
    "bids": [
        {"bid_id": "B1", "tender_id": "T1", "bidder_id": "O1", "price": 900, "is_winner": True, "status": "valid"},
        {"bid_id": "B2", "tender_id": "T1", "bidder_id": "O2", "price": 950, "is_winner": False, "status": "valid"},
    ],
    "payments": [
        {
            "payment_id": "Z1",
            "payer_id": "G1",
            "payee_id": "O1",
            "amount": 500,
            "paid_on": "2024-04-01",
            "payee_account": "6217000988641975321",
        },
        {
            "payment_id": "Z2",
            "payer_id": "G1",
            "payee_id": "O1",
            "amount": 400,
            "paid_on": "2024-05-01",
            "currency": "USD",
        },
        {"payment_id": "Z3", "payer_id": "O1", "payee_id": "O1", "amount": 1, "paid_on": "2024-05-02"},
    ],
    "sanctions": [{"subject_id": "O1", "kind": "行政处罚", "decided_on": "2023-01-01"}],
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Tables], Workspace]]:
    """Loads tables into a workspace of their own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("QINGFENG_SECRET", "a key for the tests alone")

    def make(tables: Tables) -> Workspace:
        folder = tmp_path_factory.mktemp("world")
        write_tables(tables, folder / "source")
        workspace = Workspace(folder / "workspace")
        report = load([folder / "source"], workspace, threads=1)
        assert report.quarantined == 0, report.as_dict()
        return workspace

    yield make
    patch.undo()


@pytest.fixture(scope="session")
def explore(made: Callable[[Tables], Workspace]) -> Make:
    """Loads tables and opens their graph."""
    return lambda tables: Explorer.open(made(tables), threads=1)


@pytest.fixture(scope="session")
def town(explore: Make) -> Explorer:
    return explore(TOWN)


@pytest.fixture(scope="session")
def province_workspace(made: object, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder: Path = tmp_path_factory.mktemp("province")
    write_sample(folder / "source", bids=2_000, seed=7)
    workspace = Workspace(folder / "workspace")
    load([folder / "source"], workspace)
    return workspace


@pytest.fixture(scope="session")
def province(province_workspace: Workspace) -> Explorer:
    return Explorer.open(province_workspace)
