"""Why the model thinks what it thinks of a tender: the readings that moved it most, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from i18n import Text

WORDS: dict[str, Text] = {
    "cv": Text(zh="报价变异系数", en="coefficient of variation of the bids"),
    "spread": Text(zh="最高价与最低价之差", en="spread between highest and lowest bid"),
    "difference": Text(zh="最低两家报价之差", en="difference of the two lowest bids"),
    "relative_distance": Text(zh="中标价与陪标价的相对距离", en="relative distance of the lowest bid"),
    "normalised_distance": Text(zh="最低价的标准化距离", en="normalised distance of the lowest bid"),
    "alternative_distance": Text(zh="最低价的替代距离", en="alternative distance of the lowest bid"),
    "skewness": Text(zh="报价偏度", en="skewness of the bids"),
    "kurtosis": Text(zh="报价峰度", en="kurtosis of the bids"),
    "ks_uniform": Text(zh="报价与均匀分布的偏离", en="distance of the bids to evenly spread ones"),
    "n_bids": Text(zh="投标家数", en="number of bids"),
    "lowest_to_reference": Text(zh="最低报价与估算价之比", en="lowest bid against the estimate"),
    "median_to_reference": Text(zh="报价中位数与估算价之比", en="median bid against the estimate"),
    "highest_to_reference": Text(zh="最高报价与估算价之比", en="highest bid against the estimate"),
    "above_reference": Text(zh="高于估算价的报价占比", en="share of bids above the estimate"),
    "first_gap": Text(zh="最低两家报价之差", en="difference of the two lowest bids"),
    "largest_gap": Text(zh="相邻报价最大间距", en="largest gap between neighbouring bids"),
    "largest_gap_share": Text(zh="相邻报价最大间距", en="largest gap between neighbouring bids"),
    "gap_rank": Text(zh="最大间距所在位置", en="place of the largest gap"),
    "closest_cv": Text(zh="最接近的三家报价的离散程度", en="dispersion of the three closest bids"),
    "losing_cv": Text(zh="未中标报价的离散程度", en="dispersion of the losing bids"),
    "cv3": Text(zh="三家投标人组合的报价离散程度", en="dispersion within subgroups of three bids"),
    "size": Text(zh="标段规模", en="size of the tender"),
    "jaccard": Text(zh="投标人在其他标段同场的程度", en="how much the bidders meet in other tenders"),
    "met": Text(zh="投标人在其他标段同场的程度", en="how much the bidders meet in other tenders"),
    "activity": Text(zh="投标人的投标活跃度", en="how often the bidders bid"),
    "partners": Text(zh="投标人遇到的对手数量", en="how many rivals the bidders meet"),
    "faithful": Text(zh="投标人反复遇到同一批对手", en="the bidders keep meeting the same rivals"),
    "near": Text(zh="同一批投标人在其他标段的报价形态", en="prices of the same bidders in other tenders"),
    "habit": Text(zh="投标人在其他标段的报价习惯", en="the bidders' price habits in other tenders"),
    "ring": Text(zh="疑似围标团伙成员同场的数量", en="how many presumed members of a ring meet"),
    "position": Text(zh="在同场投标网络中的位置", en="place in the co-bidding network"),
    "vote": Text(zh="投标人相近的已定性标段", en="labelled tenders with similar bidders"),
    "nearest": Text(zh="投标人相近的已定性标段", en="labelled tenders with similar bidders"),
    "rate": Text(zh="投标人在已定性标段中的记录", en="the bidders' record in labelled tenders"),
}
"""What a feature, or a family of features up to the first underscore, is called."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reading that moved a tender, and by how much in log-odds; positive speaks for collusion."""

    what: Text
    weight: float

    def sentence(self) -> Text:
        """The reading in a sentence."""
        if self.weight > 0:
            return Text(zh="{zh}使概率升高", en="{en} raises the probability").format(zh=self.what.zh, en=self.what.en)
        return Text(zh="{zh}使概率降低", en="{en} lowers the probability").format(zh=self.what.zh, en=self.what.en)


def name(feature: str) -> Text:
    """What a feature is called.

    Raises:
        KeyError: the feature has no words.
    """
    return WORDS[feature] if feature in WORDS else WORDS[feature.split("_", 1)[0]]


def reasons(contributions: pd.DataFrame, most: int = 4) -> list[tuple[Reason, ...]]:
    """For each row of contributions (features in columns), the readings that moved it most, largest first.

    Features of one name are added up: ten coordinates are one place in the network.
    """
    names = [name(str(column)) for column in contributions.columns]
    kinds = sorted(set(names), key=lambda text: text.en)
    member = np.array([[text == kind for kind in kinds] for text in names], dtype=np.float64)
    weights = contributions.to_numpy(np.float64) @ member
    order = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :most]
    return [
        tuple(Reason(kinds[k], float(row[k])) for k in chosen if abs(row[k]) > 1e-6)
        for row, chosen in zip(weights, order, strict=True)
    ]
