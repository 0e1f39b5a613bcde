"""Scoring a workspace with its stored model: a probability and its reasons for each tender, or a refusal."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from queries.collusion import explain, features
from queries.collusion.store import load
from queries.collusion.train import BIDS, MODEL_FILE


class AnotherPopulation(Exception):
    """The data are not of the population that the model was trained on; `features` says what differs, and how much."""

    def __init__(self, found: dict[str, float]) -> None:
        self.features = found
        named = ", ".join(f"{name} {index}" for name, index in sorted(found.items(), key=lambda x: -x[1]))
        super().__init__(f"stability index above 0.25 for {named}")


def score(connection: duckdb.DuckDBPyConnection, workspace: Path) -> pd.DataFrame:
    """Every unlabelled tender of the workspace with three bids or more, the likeliest first.

    Returns:
        One row a tender: `probability`, `above_base` (the probability over the share of collusive training tenders),
        and `reasons`, a tuple of `explain.Reason`.

    Raises:
        ModelFileError: there is no model, or it is damaged.
        AnotherPopulation: the price features are distributed as the model has not seen them.
    """
    stored = load(workspace / MODEL_FILE)
    tenders = features.read(connection.execute(BIDS).df())
    model = stored.model
    known = set(stored.about["labelled"])
    rows = np.flatnonzero(
        (tenders.prices["n_bids"] >= 3).to_numpy() & ~np.isin(tenders.bids.tenders.astype(str), list(known))
    )
    if not len(rows):
        return pd.DataFrame(columns=["tender", "probability", "above_base", "reasons"])
    blocks = model.blocks(tenders, rows)
    found = stored.refuses(blocks["prices"])
    if found:
        raise AnotherPopulation(found)
    probability = model.probability(blocks)
    table = pd.DataFrame(
        {
            "tender": tenders.bids.tenders[rows],
            "probability": probability,
            "above_base": probability / model.base,
            "reasons": explain.reasons(model.contributions(blocks)),
        }
    )
    return table.sort_values(["probability", "tender"], ascending=[False, True]).reset_index(drop=True)
