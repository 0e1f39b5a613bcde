"""Training on a workspace: labels in, stored model out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from queries.collusion import features, metrics
from queries.collusion.learning import fit, held_out_odds
from queries.collusion.model import Scope
from queries.collusion.store import FORMAT, Stored, save

MODEL_FILE = Path("models") / "collusion.npz"
"""Where a workspace keeps its model."""

BIDS = """
SELECT b.tender_id, b.bidder_id, CAST(b.price AS DOUBLE) AS price,
       CAST(coalesce(t.estimate, t.ceiling_price) AS DOUBLE) AS estimate
FROM bids b LEFT JOIN tenders t USING (tender_id)
WHERE b.price > 0 AND b.status IS DISTINCT FROM 'invited' AND b.status IS DISTINCT FROM 'withdrawn'
ORDER BY b.tender_id, b.bidder_id, b.price, b.bid_id
"""


class LabelsError(Exception):
    """The labels cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Training:
    """What a training came to: where the model is, its description, and labels without bids."""

    path: Path
    about: dict[str, object]
    unknown: int


def read_labels(path: Path) -> pd.Series:
    """Labels by tender.

    Raises:
        LabelsError: the file has not the two columns, another value than 0 or 1, or a tender twice.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise LabelsError(f"cannot be read as CSV ({error})") from error
    if not {"tender_id", "label"} <= set(table.columns):
        raise LabelsError(f"has the columns {', '.join(map(str, table.columns))}")
    wrong = table.index[~table["label"].isin(["0", "1"]) | table["tender_id"].isna()]
    if len(wrong):
        raise LabelsError(f"row {int(wrong[0]) + 2} has no tender or another label than 0 and 1")
    twice = table.index[table["tender_id"].duplicated()]
    if len(twice):
        raise LabelsError(f"row {int(twice[0]) + 2} labels a tender again")
    return table.set_index("tender_id")["label"].astype(np.float64)


def train(connection: duckdb.DuckDBPyConnection, labels: pd.Series, workspace: Path, today: date) -> Training:
    """Train on the labelled tenders of a workspace and store the model there.

    The description has the hash of bids and labels, the features, the figures on held-out folds, and the date.

    Raises:
        LabelsError: too few labelled tenders have bids.
        OSError: the workspace cannot be written.
    """
    bids = connection.execute(BIDS).df()
    tenders = features.read(bids)
    label = labels.reindex(tenders.bids.tenders).to_numpy(np.float64)
    rows = np.flatnonzero(np.isfinite(label))
    filled = np.where(np.isfinite(label), label, 0.0)
    try:
        odds = held_out_odds(tenders, filled, rows, Scope.HISTORY)
        model = fit(tenders, filled, rows, Scope.HISTORY, odds=odds)
    except ValueError as error:
        raise LabelsError(str(error)) from error
    held = model.calibrated(odds)
    figures = {
        "roc_auc": metrics.roc_auc(label[rows], held),
        "pr_auc": metrics.pr_auc(label[rows], held),
        "calibration_error": metrics.calibration_error(label[rows], held),
    }
    about = {
        "format": FORMAT,
        "scope": str(Scope.HISTORY),
        "trained_on": today.isoformat(),
        "data_sha256": _data_hash(bids, labels),
        "tenders": len(rows),
        "collusive": int(label[rows].sum()),
        "labelled": [str(tender) for tender in tenders.bids.tenders[rows]],
        "features": sum(len(columns) for columns in model.names.values()),
        "metrics": {name: round(value, 4) for name, value in figures.items()},
    }
    path = workspace / MODEL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    prices = np.where(np.isfinite(tenders.prices), tenders.prices, model.medians["prices"])
    save(path, Stored(model, about, prices[rows]))
    return Training(path, about, int((~labels.index.isin(tenders.bids.tenders)).sum()))


def _data_hash(bids: pd.DataFrame, labels: pd.Series) -> str:
    digest = hashlib.sha256()
    for table in (bids, labels.sort_index().reset_index()):
        digest.update(table.to_csv(index=False, lineterminator="\n").encode())
    return digest.hexdigest()
