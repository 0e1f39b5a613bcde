"""Labelled tenders: the published sets as they are distributed, and a small synthetic set that needs no file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from queries.statistics.simulation import market


class DatasetError(Exception):
    """A labelled set cannot be read; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Bids (`tender_id, bidder_id, price, estimate`), a label a tender, and what the evaluation may split by.

    `label` and `group` are indexed by tender: 1 collusive, 0 honest; the part of the data that it is reported by.
    `bidder_label` is indexed by bidder where the source labels firms. None of them is ever a feature.
    """

    name: str
    bids: pd.DataFrame
    label: pd.Series
    group: pd.Series | None = None
    train: npt.NDArray[np.int64] | None = None
    validation: npt.NDArray[np.int64] | None = None
    bidder_label: pd.Series | None = None


def _table(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path)
    except FileNotFoundError:
        raise DatasetError(f"{path} is missing: give the folder of the published labelled sets") from None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as CSV: {error}") from error
    missing = sorted(set(columns) - set(frame.columns))
    if missing:
        raise DatasetError(f"{path} lacks the columns {', '.join(missing)}")
    table = frame[list(columns)].rename(columns=columns)
    table["bidder_id"] = "F" + table["bidder_id"].astype(str)
    return table


_COLUMNS = {
    "Tender": "tender_id",
    "Competitors": "bidder_id",
    "Bid_value": "price",
    "Collusive_competitor": "label",
}


def brazil(folder: Path) -> Dataset:
    """Road works and the Petrobras cartel: 101 tenders. García Rodríguez et al. (2022)."""
    table = _table(folder / "brazil.csv", {**_COLUMNS, "Pre-Tender Estimate (PTE)": "estimate"})
    return Dataset("Brazil", table.drop(columns="label"), table.groupby("tender_id")["label"].max())


def japan(folder: Path) -> Dataset:
    """Works in Okinawa: 918 tenders with the published split; `group` is the part before or after the inspection."""
    columns = {**_COLUMNS, "Pre-Tender Estimate (PTE)": "estimate", "Period investigation by JFTC": "group"}
    table = _table(folder / "japan_train.csv", columns)
    split_file = folder / "japan_split.json"
    try:
        split = json.loads(split_file.read_text(encoding="utf-8"))
        train, validation = np.array(split["train"]), np.array(split["val"])
    except FileNotFoundError:
        raise DatasetError(f"{split_file} is missing: it holds the published split") from None
    except (KeyError, ValueError) as error:
        raise DatasetError(f"{split_file} is not a split with train and val: {error}") from error
    tenders = table.groupby("tender_id")
    return Dataset(
        "Japan",
        table.drop(columns=["label", "group"]),
        tenders["label"].max(),
        group=tenders["group"].first(),
        train=train,
        validation=validation,
    )


def ohio(folder: Path) -> Dataset:
    """School milk in Ohio: the label is fixed per firm, so only label-free scores may be measured on it."""
    columns = {**_COLUMNS, "Collusive_competitor_original": "bidder_label"}
    table = _table(folder / "ohio_milk.csv", columns)
    table["estimate"] = np.nan
    return Dataset(
        "Ohio",
        table.drop(columns=["label", "bidder_label"]),
        table.groupby("tender_id")["label"].max(),
        bidder_label=table.groupby("bidder_id")["bidder_label"].max(),
    )


def builtin() -> Dataset:
    """A simulated market with a ring of five in a tenth of 300 tenders: small, seeded, the same everywhere."""
    drawn = market(tenders=300, firms=50, ring_size=5, ring_share=0.1, seed=11)
    bids = drawn.bids[["tender_id", "bidder_id", "price", "estimate"]]
    label = drawn.bids.groupby("tender_id")["collusive"].max().astype(np.int64)
    firms = pd.Series(0, index=sorted(set(bids["bidder_id"])))
    firms[[firm for firm in drawn.ring if firm in firms.index]] = 1
    return Dataset("Built-in", bids, label, bidder_label=firms)
