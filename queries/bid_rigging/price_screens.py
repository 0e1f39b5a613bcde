"""Tenders whose bids lie closer together than honest bids of comparable tenders do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from i18n import Text
from queries.collusion.market import BIDS, RELATIONS, Market, joined, market, years
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Excuse, Lead, Ref, Tier
from queries.statistics.discovery import benjamini_hochberg
from queries.statistics.prices import screens
from queries.statistics.tenders import Tenders, group
from queries.statistics.variance import dispersion_p_values, log_variance
from queries.verdicts import verdict

_UNEQUAL = 3.0
"""How many times as many tenders as independent bids give may have all bids near the ceiling."""


class Parameters(Params):
    """What is compared with what, and how rare is rare."""

    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of honest tenders among those flagged (Benjamini-Hochberg)."
    )
    fewest_bids: int = Field(3, ge=3, description="Bids. A tender with fewer is not judged.")
    fewest_tenders: int = Field(30, ge=10, description="Tenders that a comparison group needs.")
    pressed: float = Field(
        0.03,
        gt=0,
        lt=0.5,
        description="A bid that lies below the ceiling price by at most this share is pressed by it.",
    )
    tight_ceiling: float = Field(
        0.9, gt=0, le=1, description="A ceiling price at or below this share of the estimate presses the bids together."
    )


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE bids >= $fewest_bids) AS judged, count(*) FILTER (WHERE bids < $fewest_bids) AS few_bids
FROM (SELECT tender_id, count(*) FILTER (WHERE price > 0) AS bids FROM entries
      WHERE status IS DISTINCT FROM 'withdrawn' GROUP BY tender_id)
""")


def comparison_groups(tenders: pd.DataFrame, fewest: int) -> npt.NDArray[np.str_]:
    """The comparison group of each tender: category, method and year; without the year, or without the method too,
    where the finer group has fewer than `fewest` tenders."""
    by = [tenders["category"], tenders["method"], years(tenders["day"])]
    place, names = joined(by[:1], "/")
    chosen = names[place]
    for depth in (2, 3):
        place, names = joined(by[:depth], "/")
        chosen = np.where(np.bincount(place)[place] >= fewest, names[place], chosen)
    return chosen


def pressed_tenders(tenders: Tenders, about: pd.DataFrame, near: float, fewest: int) -> npt.NDArray[np.bool_]:
    """Tenders whose bids all lie just under the ceiling price, in categories where ceilings press honest bids so.

    A ceiling that cuts off what firms would have asked brings their bids together without any agreement; such tenders
    are comparable with one another only. Where a share π of the bids of a category lies so near, single firms bring all
    n bids of a tender there with probability πⁿ. As many as three times the expected number count as pressed, since
    some ceilings are tighter than others; where there are more, it is no ceiling that brings them there. Where there
    are fewer than `fewest`, they are too few to be compared with one another.

    Args:
        tenders: the priced bids.
        about: `category` and `ceiling_price` of each tender.
        near: share of the ceiling within which a bid is near.
        fewest: tenders that a comparison group needs.
    """
    ceiling = about["ceiling_price"].to_numpy(dtype=np.float64, na_value=np.nan)
    at = tenders.price / ceiling[tenders.code]
    count = np.bincount(tenders.code[(at >= 1 - near) & (at <= 1)], minlength=len(ceiling))
    every = count == tenders.count
    category, names = pd.factorize(about["category"])
    known = np.isfinite(ceiling)
    bids = np.bincount(category[known], weights=tenders.count[known], minlength=len(names))
    share = np.bincount(category, weights=count, minlength=len(names)) / np.maximum(bids, 1)
    expected = np.bincount(category[known], weights=(share[category] ** tenders.count)[known], minlength=len(names))
    found = np.bincount(category[every], minlength=len(names))
    usual = (found >= fewest) & (found <= _UNEQUAL * expected)
    return np.asarray(every & usual[category], dtype=np.bool_)


def regulated_tenders(tenders: Tenders, about: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tenders whose bids all equal the ceiling price to the cent, as where the state sets the price.

    Args:
        tenders: the priced bids.
        about: `ceiling_price` of each tender.
    """
    ceiling = about["ceiling_price"].to_numpy(dtype=np.float64, na_value=np.nan)
    at = np.bincount(tenders.code[tenders.price == ceiling[tenders.code]], minlength=len(ceiling))
    return np.asarray(at == tenders.count, dtype=np.bool_)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a tender whose dispersion is too small for its comparison group."""
    world = market(rows)
    priced = _one_price_a_unit(world)
    tenders = group(world.of_tender[priced], world.prices()[priced])
    about = world.tender.iloc[tenders.labels]
    strata = comparison_groups(about, params.fewest_tenders)
    regulated = regulated_tenders(tenders, about)
    free = about.assign(ceiling_price=about["ceiling_price"].mask(regulated))
    pressed = pressed_tenders(tenders, free, params.pressed, params.fewest_tenders)
    strata = np.where(pressed, about["category"].to_numpy(dtype=str).astype(object) + "/ceiling", strata).astype(str)
    compared = pd.factorize(strata, sort=True)[0]
    count = np.where(tenders.count >= params.fewest_bids, tenders.count, 0)
    p = dispersion_p_values(log_variance(tenders), count, compared, params.fewest_tenders)
    # Prices that the state sets are no discoveries: among those flagged they would make room for others by chance.
    q = np.where(regulated, benjamini_hochberg(p), benjamini_hochberg(np.where(regulated, np.nan, p)))
    low = q <= params.false_discovery
    # What is typical of a group is asked only where a tender of it is flagged.
    shown = np.isin(compared, compared[low])
    table = screens(tenders.part(shown)).assign(p=p[shown], q=q[shown], stratum=strata[shown])
    table["regulated"] = regulated[shown]
    table["typical"] = table["cv"].groupby(table["stratum"]).transform("median")
    flagged = table[low[shown]]
    chosen = world.rows.iloc[priced[np.isin(world.of_tender[priced], flagged.index)]]
    chosen = chosen.sort_values(["tender_id", "unit", "price", "bid_id"], kind="stable")
    of_tender = {str(name): part for name, part in chosen.groupby("tender_id")}
    for name, (_, row) in zip(world.bids.tenders[flagged.index.to_numpy()], flagged.iterrows(), strict=True):
        yield _lead(of_tender[str(name)], row, params)


def _one_price_a_unit(world: Market) -> npt.NDArray[np.int64]:
    """The rows with a price; of several by one unit, such as partners of a consortium, the lowest."""
    priced = np.flatnonzero(~np.isnan(world.prices()))
    several = pd.Series(world.of_unit()[priced]).duplicated(keep=False).to_numpy()
    rows = world.rows.iloc[priced[several]].reset_index(drop=True)
    ordered = rows.sort_values(["tender_id", "unit", "price", "bid_id"], kind="stable")
    lowest = ordered.index[~ordered.duplicated(["tender_id", "unit"])].to_numpy()
    return np.sort(np.concatenate([priced[~several], priced[several][lowest]]))


def _lead(bids: pd.DataFrame, row: pd.Series, params: Parameters) -> Lead:
    first = bids.iloc[0]
    tender, day = str(first["tender_id"]), None if pd.isna(first["day"]) else pd.Timestamp(first["day"]).date()
    parts = Text(
        zh="标段 {tender} 的 {n} 份报价变异系数为 {cv:.2%}，可比标段（{stratum}）的中位数为 {typical:.2%}。",
        en="The {n} bids for tender {tender} have a coefficient of variation of {cv:.2%}; comparable tenders "
        "({stratum}) have {typical:.2%} in the middle.",
    ).format(tender=tender, n=int(row["n_bids"]), cv=row["cv"], stratum=row["stratum"] or "-", typical=row["typical"])
    shape = Text(
        zh="最高价比最低价高 {spread:.2%}，最低两家相差 {difference:.2%}。",
        en="The highest is {spread:.2%} above the lowest, the two lowest differ by {difference:.2%}.",
    ).format(spread=row["spread"], difference=row["difference"])
    chance = Text(
        zh="在报价相互独立的零假设下，如此集中的概率为 {p:.1e}；全部扫描的错误发现率为 {q:.1%}。",
        en="With independent bids so little dispersion has probability {p:.1e}; over the scan the false discovery "
        "rate is {q:.1%}.",
    ).format(p=row["p"], q=row["q"])
    return Lead(
        identity={"tender": tender},
        tier=Tier.C,
        entities=(
            Entity(tender, "tender", "tender"),
            *(Entity(str(b), "org", "bidder") for b in sorted(set(bids["bidder_id"]))),
            *(Entity(str(b), "bid", "bid") for b in sorted(set(bids["bid_id"]))),
        ),
        reasons=(parts, shape, chance),
        innocent=_excuses(first, bool(row["regulated"]), params),
        records=(
            *(Ref("bids", int(key)) for key in bids["bid_key"]),
            *(() if pd.isna(first["tender_key"]) else (Ref("tenders", int(first["tender_key"])),)),
        ),
        score=float(1 - row["q"]),
        rank=float(-np.log10(max(row["p"], 1e-300))),
        period=(day, day),
        statistics={
            "null": Text(
                zh="对照组对数报价方差拟合的 F 分布（Smyth 2004）",
                en="F distribution of the variance of log prices, fitted to the comparison group (Smyth 2004)",
            ),
            "p": float(row["p"]),
            "q": float(row["q"]),
            "cv": float(row["cv"]),
            "comparison_group": str(row["stratum"]),
        },
    )


def _excuses(tender: pd.Series, regulated: bool, params: Parameters) -> tuple[Excuse, ...]:
    ceiling, estimate = tender["ceiling_price"], tender["estimate"]
    tight = None if pd.isna(ceiling) or pd.isna(estimate) else float(ceiling) <= params.tight_ceiling * float(estimate)
    standard = tender["category"] == "goods" and tender["method"] in ("inquiry", "framework")
    return (
        verdict(
            "tight_ceiling",
            tight,
            yes=Text(
                zh="最高限价明显低于估算价，压缩了报价空间。",
                en="The ceiling lies well below the estimate and presses bids.",
            ),
            no=Text(
                zh="最高限价与估算价相近，未压缩报价空间。", en="The ceiling is near the estimate and presses nobody."
            ),
            unknown=Text(zh="缺少最高限价或估算价。", en="The ceiling or the estimate is unknown."),
        ),
        verdict(
            "regulated_price",
            None if pd.isna(ceiling) else regulated,
            yes=Text(
                zh="全部报价均等于最高限价，符合执行政府定价或者统一价格的特征。",
                en="All bids equal the ceiling price: a regulated or uniform price.",
            ),
            no=Text(zh="报价并非全部等于最高限价。", en="The bids do not all equal the ceiling price."),
            unknown=Text(zh="数据中没有最高限价。", en="The data name no ceiling price."),
        ),
        verdict(
            "standard_goods",
            standard,
            yes=Text(
                zh="系以询价或框架协议采购的货物，规格标准统一、价格变化幅度小。",
                en="Goods bought by inquiry or framework: uniform, with prices that hardly differ.",
            ),
            no=Text(zh="不是以询价或框架协议采购的货物。", en="These are no goods bought by inquiry or framework."),
        ),
    )


DETECTOR = Detector(
    id="price_screens",
    family="bid_rigging",
    version=4,
    tiers=(Tier.C,),
    title=Text(zh="报价过于集中", en="Bids too close together"),
    question=Text(
        zh="同一标段的报价离散程度，是否远小于可比标段中相互独立的报价？",
        en="Do the bids of a tender differ far less than independent bids of comparable tenders?",
    ),
    rule=Text(
        zh="对有 {fewest_bids} 份以上报价的标段，将对数报价方差与同类别、同方式、同年度的可比标段（不足 "
        "{fewest_tenders} 个的逐级放宽）拟合的 F 分布比较；全部报价均在最高限价以下 {pressed} 以内，且该类别中此类"
        "标段不多于报价相互独立时预期三倍的，只相互比较；经 Benjamini-Hochberg 校正后错误发现率不超过 "
        "{false_discovery} 的列为 C 类疑点。最高限价不高于估算价的 {tight_ceiling} 的，视为限价过紧；全部报价均等于"
        "最高限价的，视为执行政府定价。",
        en="In tenders of at least {fewest_bids} bids, the variance of log prices is held against an F distribution "
        "fitted to tenders of the same category, method and year (coarser where fewer than {fewest_tenders}; "
        "tenders with all bids within {pressed} below the ceiling, where a category has no more than three times "
        "as many as independent bids give, against one another); flagged at a false discovery rate of "
        "{false_discovery}. A ceiling at or below {tight_ceiling} of the estimate is tight; where all bids equal "
        "the ceiling, the price is regulated.",
    ),
    why=Text(
        zh="串通各方围绕内定价格编制陪标报价，报价间的自然差异随之消失。",
        en="A ring writes its cover bids around one agreed price; the honest differences in cost disappear.",
    ),
    example=Text(
        zh="某市政标段 6 份报价变异系数 0.8%，同年 140 个市政标段中位数为 9%：列为 C 类疑点。",
        en="Six bids for a road differ by 0.8 % where 140 roads of that year differ by 9 %: a tier C lead.",
    ),
    legal_basis=("bidding_law_32",),
    references=(
        "Huber & Imhof 2019, International Journal of Industrial Organization 65, 277-301",
        "Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3(1)",
        "Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300",
    ),
    innocent=(
        Innocent("tight_ceiling", Text(zh="最高限价过紧", en="A tight ceiling price")),
        Innocent("regulated_price", Text(zh="政府定价或统一价格", en="A regulated price")),
        Innocent("standard_goods", Text(zh="标准化货物", en="Standard goods")),
    ),
    parameters=Parameters,
    identity=("tender",),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "price")},
    uses={"tenders": ("category", "method", "opened_at", "estimate", "ceiling_price")},
    select=BIDS,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"few_bids": Text(zh="有效报价过少", en="too few priced bids")},
    blind=Text(
        zh="看不到拉开价差的串通，也看不到只有少数投标人参与的串通；可比标段多数被操纵时，零假设本身失真。",
        en="Rings that spread their prices, rings of few among many bidders, and markets in which most tenders are "
        "rigged.",
    ),
    max_share=0.1,
    relations=RELATIONS,
)
