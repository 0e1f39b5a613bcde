"""`qingfeng train` and `qingfeng evaluate collusion`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from graph.snapshot import Workspace
from loaders.load import load as load_sources
from queries.collusion import datasets, evaluate, report
from queries.collusion.command import EXIT_ERROR, EXIT_USAGE, SCORE_HELP, TRAIN_HELP, evaluate_app, score, train
from queries.collusion.store import load
from queries.collusion.train import MODEL_FILE
from queries.statistics.simulation import market

app = typer.Typer()
app.command("train", help=TRAIN_HELP)(train)
app.command("score", help=SCORE_HELP)(score)
app.add_typer(evaluate_app, name="evaluate")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collusion")
    data = datasets.builtin()
    bids = data.bids.assign(bid_id=[f"B{n}" for n in range(len(data.bids))], status="valid")
    tenders = bids.drop_duplicates("tender_id")[["tender_id", "estimate"]].assign(buyer_id="G1", category="works")
    (folder / "source").mkdir()
    bids.drop(columns="estimate").to_csv(folder / "source" / "bids.csv", index=False)
    tenders.to_csv(folder / "source" / "tenders.csv", index=False)
    data.label.iloc[:240].rename("label").to_csv(folder / "labels.csv", index_label="tender_id")
    load_sources([folder / "source"], Workspace(folder / "workspace"), threads=1)
    return folder


def test_training_stores_a_model_that_says_what_it_was_trained_on(workspace: Path) -> None:
    with (workspace / "labels.csv").open("a", encoding="utf-8") as file:
        file.write("T-unknown,1\n")
    run = CliRunner().invoke(app, ["train", str(workspace / "labels.csv"), "-w", str(workspace / "workspace")])
    assert run.exit_code == 0, run.output
    stored = load(workspace / "workspace" / MODEL_FILE)
    assert stored.about["tenders"] == 240
    assert len(stored.about["data_sha256"]) == 64
    assert stored.about["metrics"]["roc_auc"] > 0.9
    assert "240" in run.output
    assert "1 labels name tenders without bids" in run.output
    scored = CliRunner().invoke(app, ["score", "-w", str(workspace / "workspace"), "--top", "3"])
    assert scored.exit_code == 0, scored.output
    lines = scored.output.splitlines()
    assert len(lines) == 4
    assert "raises the probability" in lines[0]
    labelled = set(datasets.builtin().label.index[:240])
    assert not {line.split()[0] for line in lines[:3]} & labelled


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tender,label\nT1,1\n", "has the columns"),
        ("tender_id,label\nT1,yes\n", "row 2"),
        ("tender_id,label\nT1,1\nT1,0\n", "row 3"),
        ("tender_id,label\nT000001,1\n", "training needs 10"),
    ],
)
def test_labels_that_cannot_be_used_are_a_clear_error(workspace: Path, tmp_path: Path, text: str, reason: str) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text, encoding="utf-8")
    run = CliRunner().invoke(app, ["train", str(labels), "-w", str(workspace / "workspace")])
    assert run.exit_code == EXIT_USAGE
    assert reason in run.output


def test_data_of_another_population_are_refused(workspace: Path, tmp_path: Path) -> None:
    labels = workspace / "labels.csv"
    assert CliRunner().invoke(app, ["train", str(labels), "-w", str(workspace / "workspace")]).exit_code == 0
    other = market(tenders=200, firms=40, seed=5).bids
    other["tender_id"] = "X" + other["tender_id"]
    other["price"] = other["estimate"] * (other["price"] / other["estimate"]) ** 6
    (tmp_path / "source").mkdir()
    bids = other[["tender_id", "bidder_id", "price"]].assign(bid_id=[f"B{n}" for n in range(len(other))])
    bids.to_csv(tmp_path / "source" / "bids.csv", index=False)
    load_sources([tmp_path / "source"], Workspace(tmp_path / "workspace"), threads=1)
    (tmp_path / "workspace" / MODEL_FILE).parent.mkdir()
    (tmp_path / "workspace" / MODEL_FILE).write_bytes((workspace / "workspace" / MODEL_FILE).read_bytes())
    run = CliRunner().invoke(app, ["score", "-w", str(tmp_path / "workspace")])
    assert run.exit_code == EXIT_ERROR
    assert "Refused to score" in run.output
    assert "cv" in run.output


def test_an_empty_workspace_is_a_clear_error(workspace: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["train", str(workspace / "labels.csv"), "-w", str(tmp_path / "none")])
    assert run.exit_code == EXIT_ERROR
    assert "holds no data" in run.output


def test_a_folder_without_the_sets_is_a_clear_error(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["evaluate", "collusion", str(tmp_path), "--out", str(tmp_path / "page.md")])
    assert run.exit_code == EXIT_ERROR
    assert "brazil.csv is missing" in run.output
    assert CliRunner().invoke(app, ["evaluate", "collusion"]).exit_code == EXIT_USAGE


def test_the_page_is_current(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "evaluation.md"
    run = CliRunner().invoke(app, ["evaluate", "collusion", "--check", "--out", str(page)])
    assert run.exit_code == 0, run.output
    stale = tmp_path / "stale.md"
    stale.write_text(page.read_text(encoding="utf-8").replace("0.9", "0.8"), encoding="utf-8")
    assert report.stale(stale.read_text(encoding="utf-8"))


def test_the_cartel_of_ohio_is_on_top_without_a_label(shared_data: Path) -> None:
    figures = list(evaluate.firms(evaluate.prepare(datasets.ohio(shared_data / "collusion"))))
    assert max(figure.estimate.value for figure in figures) >= 0.99


def test_the_cartel_of_brazil_is_ranked_by_dispersion_alone(shared_data: Path) -> None:
    figures = list(evaluate.unsupervised(evaluate.prepare(datasets.brazil(shared_data / "collusion"))))
    assert max(figure.estimate.value for figure in figures if figure.metric == "ROC-AUC") >= 0.9
