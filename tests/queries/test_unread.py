"""A fact that rests on a row's absence is a lead where a row that could not be read may be that row."""

from __future__ import annotations

from pathlib import Path

import pytest

from findings.inputs import input_hashes
from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from queries.finding import Lead
from queries.profiles import configure
from queries.registry import detector
from queries.session import scan_workspace

WORLD = {
    "orgs": "org_id,name,org_type,uscc\nG1,县水务局,government,91230000000000001A\n"
    "G2,水务局,government,91230000000000001A\nS1,一号建筑公司,private,\nS2,二号建筑公司,private,\n",
    "contracts": "contract_id,buyer_id,supplier_id,amount,due_on\nC1,G1,S1,10000,2024-01-01\n"
    "C2,G1,S2,20000,2024-01-01\n",
    "debts": "debt_id,debtor_id,creditor_id,amount,contract_id,as_of_date\nD2,G1,S2,20000,C2,2026-06-30\n",
}
PAYMENTS = "payment_id,payer_id,payee_id,amount,paid_on,contract_id,debt_id\nP2,G1,S2,5000,2024-05-01,C2,D2\n"


def leads(folder: Path, payments: str) -> list[Lead]:
    """What is concealed once these payments are loaded as well, into one workspace after the other delivery."""
    folder.mkdir(exist_ok=True)
    for name, text in {**WORLD, "payments": payments}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    workspace = Workspace(folder.parent / "workspace")
    load([folder], workspace)
    result = scan_workspace(workspace, configure([detector("concealed_debt")]))
    return [finding.lead for finding in result.findings]


def tiers(folder: Path, payments: str) -> list[str]:
    return [lead.tier.value for lead in leads(folder, payments)]


def test_a_payment_that_could_not_be_read_leaves_a_lead_that_says_so(tmp_path: Path) -> None:
    (lead,) = leads(tmp_path / "source", PAYMENTS + "P1,G1,S1,10000,,C1,\n")
    assert lead.tier.value == "B"
    assert lead.reasons[-1].en.startswith("Rows that could not be read name this matter: payments (1)")
    assert "支付1 行" in lead.reasons[-1].zh


@pytest.mark.parametrize(
    ("row", "tier"),
    [
        ("P1,G1,S1,10000,,,", "B"),  # names nothing but the two parties
        ("P1,G2,S1,10000,,,", "B"),  # the buyer under its other id
        ("P1,Ｇ1, S1 ,10000,,,", "B"),  # in the spelling of another system
        ("P1,G9,S9,10000,,C1,", "B"),  # names the contract
        ("P1,G1,S1,10000,,C9,", "A"),  # another contract of the two
        ("P1,G1,S2,10000,,,", "A"),  # another payee
        ("P1,G9,S1,10000,,,", "A"),  # another payer
    ],
)
def test_only_a_row_that_may_be_the_missing_one_counts(tmp_path: Path, row: str, tier: str) -> None:
    assert tiers(tmp_path / "source", f"{PAYMENTS}{row}\n") == [tier]


def test_it_stays_unread_until_its_file_is_loaded_again(tmp_path: Path) -> None:
    bad = PAYMENTS + "P1,G1,S1,10000,,C1,\n"
    assert tiers(tmp_path / "source", bad) == ["B"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "sanctions.csv").write_text("subject_id,kind,decided_on\nS2,fine,2024-02-01\n", encoding="utf-8")
    workspace = Workspace(tmp_path / "workspace")
    load([other], workspace)
    (finding,) = scan_workspace(workspace, configure([detector("concealed_debt")])).findings
    assert finding.lead.tier.value == "B"
    assert tiers(tmp_path / "source", PAYMENTS + "P3,G1,S1,1,2024-05-01,C1,\n") == ["A"]


def test_a_row_that_another_file_has_is_read(tmp_path: Path) -> None:
    assert tiers(tmp_path / "source", PAYMENTS + "P1,G1,S1,10000,,C1,\n") == ["B"]
    # The same payment arrives in another file, and is of another contract.
    later = tmp_path / "later"
    later.mkdir()
    (later / "payments_2.csv").write_text(
        "payment_id,payer_id,payee_id,amount,paid_on,contract_id\nP1,G1,S1,10000,2024-06-01,C9\n", encoding="utf-8"
    )
    workspace = Workspace(tmp_path / "workspace")
    load([later / "payments_2.csv"], workspace)
    assert workspace.current().unread_file is None
    (finding,) = scan_workspace(workspace, configure([detector("concealed_debt")])).findings
    assert finding.lead.tier.value == "A"


def test_rows_that_cannot_be_read_make_another_snapshot_whose_facts_are_judged_anew(tmp_path: Path) -> None:
    assert tiers(tmp_path / "source", PAYMENTS) == ["A"]
    workspace, known = Workspace(tmp_path / "workspace"), configure([detector("concealed_debt")])

    def inputs() -> str:
        snapshot = workspace.current()
        with open_tables(snapshot, workspace.secret()) as connection:
            return input_hashes(known, snapshot, connection, workspace.secret())["concealed_debt"]

    before = (workspace.current().id, inputs())
    assert tiers(tmp_path / "source", PAYMENTS + "P1,G1,S1,10000,,C1,\n") == ["B"]
    after = (workspace.current().id, inputs())
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_an_unread_row_keeps_no_personal_number(tmp_path: Path) -> None:
    number = "11010519491231002X"
    leads(tmp_path / "source", f"{PAYMENTS}P1,G1,{number},10000,,C1,\n")
    file = Workspace(tmp_path / "workspace").current().unread_file
    assert file is not None
    assert number.encode() not in file.read_bytes()
