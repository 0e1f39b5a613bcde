"""Small OCDS data sets, written as a publisher would write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from queries.ocp.cardinal_format import cardinal
from queries.ocp.dataset import load
from queries.ocp.judging import Judgement, judge, scope
from queries.ocp.settings import Settings

Judge = Callable[..., Judgement]


def bid(bidder: Any, amount: Any, status: str = "valid", **more: Any) -> dict[str, Any]:
    """A bid; `bidder` is an id, or several of a consortium."""
    ids = bidder if isinstance(bidder, list) else [bidder]
    return {
        "status": status,
        "tenderers": [{"id": one} for one in ids],
        "value": {"amount": amount, "currency": more.pop("currency", "USD")},
        **more,
    }


def award(supplier: Any, **more: Any) -> dict[str, Any]:
    """An active award."""
    ids = supplier if isinstance(supplier, list) else [supplier]
    return {"status": "active", "suppliers": [{"id": one} for one in ids], **more}


def release(ocid: Any, bids: list[Any] | None = None, awards: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """A compiled release."""
    made: dict[str, Any] = {"ocid": ocid, **more}
    if bids is not None:
        made["bids"] = {"details": bids}
    if awards is not None:
        made["awards"] = awards
    return made


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Judge releases with settings given by keyword."""

    def run(*releases: dict[str, Any], workers: int = 1, **settings: Any) -> Judgement:
        file = tmp_path / "releases.jsonl"
        file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in releases))
        chosen = Settings(**settings)
        return judge(load([str(file)], workers=workers, scope=scope(chosen)), chosen)

    return run


def flags(judgement: Judgement) -> dict[str, Any]:
    """What was flagged, in Cardinal's shape."""
    found: dict[str, Any] = orjson.loads(cardinal(judgement))
    return found


def of(judgement: Judgement, code: str) -> dict[str, float]:
    """The processes that an indicator flagged, with its values."""
    return {ocid: codes[code] for ocid, codes in flags(judgement).get("OCID", {}).items() if code in codes}


def reasons(judgement: Judgement, code: str, group: str = "OCID") -> dict[str, int]:
    """Why an indicator could not judge."""
    (outcome,) = (one for one in judgement.outcomes if one.code == code)
    return outcome.counts[group].not_judgeable
