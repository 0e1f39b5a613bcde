"""Bidders of one tender that share something: the common shape of most bid-rigging and affiliation detectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from i18n import Text, listing
from queries.evidence import refs
from queries.finding import Entity, Excuse, Link, Ref, Verdict, numbered

CONSORTIUM = Text(zh="联合体成员", en="Consortium partners")


SPREAD = """
-- Of `uses (tender_id, bidder_id, thing)`: where a thing was shared, by how many bidders it is used in all, and how
-- many pairs of them ever met in a tender. Unrelated users of one network or phone seldom meet; a ring does.
met AS (
  SELECT tender_id, thing FROM uses GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
),
users AS (
  SELECT thing, count(DISTINCT bidder_id) AS users FROM uses SEMI JOIN met USING (thing) GROUP BY thing
),
pairs AS (
  SELECT a.thing, count(DISTINCT (a.bidder_id, b.bidder_id)) AS pairs
  FROM (SELECT DISTINCT * FROM uses SEMI JOIN met USING (tender_id, thing)) a
  JOIN (SELECT DISTINCT * FROM uses SEMI JOIN met USING (tender_id, thing)) b
    ON a.tender_id = b.tender_id AND a.thing = b.thing AND a.bidder_id < b.bidder_id
  GROUP BY a.thing
),
spread AS (
  SELECT thing, users, pairs FROM users JOIN pairs USING (thing)
)
"""


@dataclass(frozen=True, slots=True)
class GroupExcuse:
    """An innocent explanation that holds for single rows of a group.

    `column` marks the rows it explains; `unknown`, where given, marks the rows of which the data cannot tell.
    """

    id: str
    column: str
    fits: Text
    ruled_out: Text
    unknown: str | None = None
    not_checkable: Text | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Bidders of one tender that are connected by shared things.

    `rows` has a row for each bidder and thing it shares, sorted by bidder and thing, with the columns of the select.
    """

    tender_id: str
    day: date | None
    bidders: tuple[str, ...]
    rows: pd.DataFrame

    @property
    def identity(self) -> dict[str, str]:
        """The tender and its bidders in the group: what makes this matter this matter."""
        return {"tender": self.tender_id, **numbered("bidder", list(self.bidders))}

    @property
    def names(self) -> Text:
        """The bidders by name, or by id where no table names them."""
        first = self.rows.drop_duplicates("bidder_id")
        return listing(
            name if isinstance(name, str) else bidder
            for bidder, name in zip(first["bidder_id"], first["bidder_name"], strict=True)
        )

    @property
    def units(self) -> int:
        """Independent bids in the group: the partners of one consortium make one bid."""
        return independent(self.rows)

    def entities(self) -> tuple[Entity, ...]:
        """The tender, the bidders and their bids."""
        bids = sorted(set(self.rows["bid_id"]))
        return (
            Entity(self.tender_id, "tender", "tender"),
            *(Entity(bidder, "org", "bidder") for bidder in self.bidders),
            *(Entity(bid, "bid", "bid") for bid in bids),
        )

    def records(self) -> tuple[Ref, ...]:
        """The rows of the bids and of what they share (column `refs` of the select)."""
        bids = [Ref("bids", int(key)) for key in self.rows["bid_key"]]
        return (*bids, *(ref for cell in self.rows["refs"] for ref in refs(cell)))

    def links(self) -> tuple[Link, ...]:
        """Bidders to bids, bids to the tender."""
        first = self.rows.drop_duplicates("bid_id")
        return tuple(
            link
            for bidder, bid, key in zip(first["bidder_id"], first["bid_id"], first["bid_key"], strict=True)
            for link in (
                Link("SUBMITTED", bidder, bid, Ref("bids", int(key))),
                Link("BID_FOR", bid, self.tender_id, Ref("bids", int(key))),
            )
        )

    def standing(self, excuses: tuple[GroupExcuse, ...]) -> pd.DataFrame:
        """The rows that no excuse explains and that still connect independent bids."""
        explained = self.rows[[excuse.column for excuse in excuses]].any(axis=1)
        left = self.rows[~explained]
        things = [thing for thing, part in left.groupby("thing") if independent(part) > 1]
        return left[left["thing"].isin(things)]

    def verdicts(self, standing: pd.DataFrame, excuses: tuple[GroupExcuse, ...]) -> tuple[Excuse, ...]:
        """The verdict on the consortium and on each excuse: one fits only if nothing is left standing."""
        consortium = self.consortium_excuse()
        verdicts = [consortium]
        for excuse in excuses:
            touched = bool(self.rows[excuse.column].any())
            if touched and not len(standing) and consortium.verdict is not Verdict.FITS:
                verdicts.append(Excuse(excuse.id, Verdict.FITS, excuse.fits))
            elif not touched and excuse.unknown and excuse.not_checkable and bool(self.rows[excuse.unknown].any()):
                verdicts.append(Excuse(excuse.id, Verdict.NOT_CHECKABLE, excuse.not_checkable))
            else:
                verdicts.append(Excuse(excuse.id, Verdict.RULED_OUT, excuse.ruled_out))
        return tuple(verdicts)

    def consortium_excuse(self) -> Excuse:
        """Whether the bidders are partners of one consortium."""
        if self.units == 1:
            name = str(self.rows["consortium_id"].iloc[0])
            basis = Text(
                zh="上述投标人同属联合体 {name}，为同一投标。", en="All of them bid as one consortium, {name}."
            ).format(name=name)
            return Excuse("consortium_partners", Verdict.FITS, basis)
        if not bool(self.rows["consortia_known"].iloc[0]):
            basis = Text(zh="数据中没有联合体信息。", en="The data name no consortia.")
            return Excuse("consortium_partners", Verdict.NOT_CHECKABLE, basis)
        basis = Text(zh="投标记录未将其列为同一联合体。", en="The bids do not name one consortium for them.")
        return Excuse("consortium_partners", Verdict.RULED_OUT, basis)


def independent(rows: pd.DataFrame) -> int:
    """How many independent bids the rows belong to: a consortium counts once."""
    if not len(rows):
        return 0
    return int(rows["consortium_id"].where(rows["consortium_id"].notna(), rows["bidder_id"]).nunique())


def groups(rows: pd.DataFrame) -> Iterator[Group]:
    """Connected groups of bidders, tender by tender.

    Args:
        rows: `tender_id, day, bidder_id, bidder_name, bid_id, bid_key, consortium_id, consortia_known, thing, refs`
            and whatever else the judge wants; bidders of one tender with equal `thing` are connected.
    """
    if not len(rows):
        return
    rows = rows.sort_values(["tender_id", "bidder_id", "thing", "bid_key"], kind="stable").reset_index(drop=True)
    bidder = rows.groupby(["tender_id", "bidder_id"], sort=False).ngroup().to_numpy()
    thing = rows.groupby(["tender_id", "thing"], sort=False).ngroup().to_numpy()
    size = int(bidder.max()) + 1 + int(thing.max()) + 1
    matrix = coo_array((np.ones(len(rows), dtype=np.int8), (bidder, bidder.max() + 1 + thing)), shape=(size, size))
    _, label = connected_components(matrix, directed=False)
    for _, part in rows.groupby(label[bidder], sort=False):
        bidders = tuple(sorted(set(part["bidder_id"])))
        if len(bidders) > 1:
            day = part["day"].iloc[0]
            yield Group(
                str(part["tender_id"].iloc[0]), None if pd.isna(day) else pd.Timestamp(day).date(), bidders, part
            )
