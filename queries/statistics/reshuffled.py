"""The groups that chance makes: the communities of reshuffled networks, and what the observed ones are beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from queries.statistics.meetings import Booleans, Chance, Floats, Integers, Places
from queries.statistics.tight_groups import Grouping, TightGroups, tight_groups

CELLS = 2_000_000
"""Bids of all reshuffled copies together, where the fewest copies do not need more."""
AT_ONCE = 1_000_000
"""Bids of reshuffled copies that are dealt in one go."""
FEWEST_COPIES = 20
"""With fewer, a group that stands alone could never have a false discovery rate of 5 %."""
_TELLING = 20
"""Chance groups that the flagged ones may hold; so many say within a quarter how many there are."""
_WORKERS = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Reshuffled:
    """Copies of a network whose bids chance dealt anew, and their communities; made as they are needed.

    The same number of copies stands for every market. The numbers drawn depend on the seed, the round and the place of
    the copy alone, so neither the threads nor the number of copies asked for at a time change them.
    """

    def __init__(self, market: Integers, search: Grouping, bids: int, most: int) -> None:
        """Of the market of each firm; `most` copies, fewer, but at least 20, of a network with many `bids`."""
        self.market, self.search = market, search
        self.most = min(most, max(FEWEST_COPIES, CELLS // max(1, bids)))
        self.made = 0
        self.groups = pd.DataFrame({"score": np.empty(0), "market": np.empty(0, dtype=np.int64)})

    def renew(self, where: Places, law: Chance, touched: Booleans, number: int) -> None:
        """Deal the touched markets anew, which are those of `where`, as often as the others were."""
        others = self.groups[~touched[self.groups["market"]]]
        self.groups = pd.concat([others, self._dealt(where, law, range(self.made), number)], ignore_index=True)

    def judge(self, table: pd.DataFrame, where: Places, law: Chance, number: int, level: float) -> pd.DataFrame:
        """The communities of `where` with `p` and `q`, after as many copies as it takes to tell which are flagged."""
        quarter = -(-self.most // 4)
        self.deal(where, law, quarter, number)
        judged = self.judged(table)
        while self.made < self.most and not self._settled(judged, level):
            self.deal(where, law, min(self.made + max(2, quarter // 4), self.most), number)
            judged = self.judged(table)
        return judged

    def deal(self, where: Places, law: Chance, copies: int, number: int) -> None:
        """Go on until there are so many copies."""
        if copies > self.made:
            more = self._dealt(where, law, range(self.made, copies), number)
            self.groups, self.made = pd.concat([self.groups, more], ignore_index=True), copies

    def judged(self, table: pd.DataFrame) -> pd.DataFrame:
        """The communities with `p` and `q` by the scores of those of the copies made."""
        score, above = table["score"].to_numpy(), self._above(table)
        order = np.argsort(-score, kind="stable")
        rate = above[order] / self.made / np.arange(1, len(order) + 1)
        q = np.empty(len(order))
        q[order] = np.minimum(np.minimum.accumulate(rate[::-1])[::-1], 1.0)
        return table.assign(p=above / (1.0 + len(self.groups)), q=q)

    def _above(self, table: pd.DataFrame) -> Floats:
        """One more than how many communities of the copies score as high."""
        ordered = np.sort(self.groups["score"].to_numpy())
        below = np.searchsorted(ordered, table["score"].to_numpy(), side="left")
        return np.asarray(1.0 + len(ordered) - below, dtype=np.float64)

    def _settled(self, judged: pd.DataFrame, level: float) -> bool:
        """Whether more copies would not tell more.

        Either none can be flagged, even if the copies to come had no group of such a score; or so many are flagged that
        the chance groups they may hold can be counted well enough.
        """
        rank = np.arange(1, len(judged) + 1)
        least = np.sort(self._above(judged)) / self.most / rank
        flagged = int((judged["q"] <= level).sum())
        return not (least <= level).any() or level * self.made * flagged >= _TELLING

    def _dealt(self, where: Places, law: Chance, copies: Sequence[int], number: int) -> pd.DataFrame:
        """Score and market of every community of the copies, many of them dealt in one go."""
        together = max(1, AT_ONCE // max(1, len(where.firm)))
        blocks = [copies[begin : begin + together] for begin in range(0, len(copies), together)]

        def dealt(block: Sequence[int]) -> pd.DataFrame:
            rng = np.random.default_rng((self.search.seed, number, block[0]))
            own = tight_groups(where.copied(len(block)).dealt(rng), law, self.search)
            return pd.DataFrame({"score": own.table["score"], "market": market_of(own, self.market)})

        with ThreadPoolExecutor(_WORKERS) as pool:
            return pd.concat([self.groups[:0], *pool.map(dealt, blocks)], ignore_index=True)


def market_of(groups: TightGroups, market: Integers) -> Integers:
    """The market of each community, whichever copy it is of."""
    member = np.flatnonzero(groups.label >= 0)
    result = np.zeros(len(groups.table), dtype=np.int64)
    result[groups.label[member]] = market[member % len(market)]
    return result
