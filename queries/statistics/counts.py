"""Counts and scores against their base rate: experts, agents, complaints, officials."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy  # `scipy.stats` loads when first used: half a second that most commands have no use for

Floats = npt.NDArray[np.float64]


def expert_leanings(
    tender: npt.ArrayLike, expert: npt.ArrayLike, bidder: npt.ArrayLike, score: npt.ArrayLike, fewest: int = 4
) -> pd.DataFrame:
    """Experts whose scores lift one bidder beyond the panel, tender after tender.

    A score is centred twice within its tender: by the panel's mean for the bidder, and by the expert's mean over the
    bidders (severity). What is left of the expert's scores in a tender is, under the null, exchangeable between the
    bidders; so its sum over the tenders of one expert and one bidder has mean 0 and the variance of drawing one
    remainder from each tender. z = sum / √variance, p its upper normal tail; remainders are bounded, so the
    normal tail errs towards caution.

    Args:
        tender, expert, bidder, score: one evaluation each; panels of fewer than 3 experts and tenders of fewer than 3
            bidders carry no information and are left out.
        fewest: tenders that a pair needs.

    Returns:
        One row a pair of expert and bidder: `tenders`, `lift` (mean remainder, in points), `z`, `p`.
    """
    table = pd.DataFrame({"tender": tender, "expert": expert, "bidder": bidder, "score": score}).dropna()
    table = table.groupby(["tender", "expert", "bidder"], sort=True)[["score"]].mean().reset_index()
    panel = table.groupby("tender")[["expert", "bidder"]].transform("nunique")
    table = table[(panel["expert"] >= 3) & (panel["bidder"] >= 3)].copy()
    # The panel's mean leaves the expert out, or an expert of a panel of three would pull it a third of the way along.
    both = table.groupby(["tender", "bidder"])["score"]
    total, count = both.transform("sum"), both.transform("count")
    table = table[count > 1].copy()
    table["off"] = table["score"] - (total - table["score"]) / (count - 1)
    sheet = table.groupby(["tender", "expert"])["off"]
    table["rest"] = table["off"] - sheet.transform("mean")
    table["variance"] = sheet.transform("var", ddof=0)
    pairs = table.groupby(["expert", "bidder"], sort=True)
    result = pd.DataFrame(
        {
            "tenders": pairs.size(),
            "lift": pairs["rest"].mean(),
            "total": pairs["rest"].sum(),
            "v": pairs["variance"].sum(),
        }
    )
    result = result[(result["tenders"] >= fewest) & (result["v"] > 0)]
    result["z"] = result.pop("total") / np.sqrt(result.pop("v"))
    result["p"] = scipy.stats.norm.sf(result["z"])
    return result


def concentration(owner: npt.ArrayLike, choice: npt.ArrayLike, stratum: npt.ArrayLike, fewest: int = 5) -> pd.DataFrame:
    """Owners (buyers) whose choice (agent) falls on one name beyond its share of the market.

    The null deals the choices of a stratum at random: of its M choices, k of them of this name by *others*, an owner
    that made n expects n k / (M - n); the sum over the strata is a Poisson mean, whose tail is wider than that of the
    hypergeometric it stands for. One count is added to the others' k, so a name that only this owner uses is no proof.

    Returns:
        One row a pair with at least `fewest` choices: `count`, `made` (the owner's choices), `expected`, `p`
        (upper tail); owners that are alone in every stratum of theirs are left out.
    """
    table = pd.DataFrame({"owner": owner, "choice": choice, "stratum": stratum}).dropna()
    cells = table.groupby(["owner", "choice", "stratum"], sort=True).size().rename("count").reset_index()
    size = table.groupby("stratum").size()
    made = table.groupby(["stratum", "owner"]).size()
    named = table.groupby(["stratum", "choice"]).size()
    names = table.groupby("stratum")["choice"].nunique()
    # Every stratum of the owner counts, also those in which this name was never chosen.
    pairs = cells[["owner", "choice"]].drop_duplicates()
    grid = pairs.merge(made.rename("made").reset_index(), on="owner")
    grid["count"] = (
        cells.set_index(["owner", "choice", "stratum"])["count"]
        .reindex(pd.MultiIndex.from_frame(grid[["owner", "choice", "stratum"]]))
        .fillna(0)
        .to_numpy()
    )
    grid["named"] = named.reindex(pd.MultiIndex.from_frame(grid[["stratum", "choice"]])).fillna(0).to_numpy()
    grid["size"], grid["names"] = size.loc[grid["stratum"]].to_numpy(), names.loc[grid["stratum"]].to_numpy()
    others = grid["size"] - grid["made"]
    grid = grid[others > 0].copy()
    share = (grid["named"] - grid["count"] + 1.0) / (others + grid["names"])
    grid["expected"] = grid["made"] * share.clip(upper=1.0)
    result = grid.groupby(["owner", "choice"], sort=True)[["count", "made", "expected"]].sum()
    result = result[result["made"] >= fewest]
    result["p"] = scipy.stats.poisson.sf(result["count"] - 1, result["expected"])
    return result


def rate_excess(
    count: npt.ArrayLike, exposure: npt.ArrayLike, stratum: npt.ArrayLike, fewest: int = 20
) -> pd.DataFrame:
    """Subjects with more events (complaints) than their exposure explains.

    The base rate of a stratum is the events of the *others* over their exposure. Rates differ honestly between
    subjects: counts are negative binomial, the dispersion estimated by moments from the others, so that a cluster does
    not widen its own null. The estimate is raised by half, since too small a dispersion makes the tail too thin, and
    is never below 0.02, where the null is nearly Poisson.

    Args:
        count: events of each subject.
        exposure: what could have caused them (bids, contracts), positive.
        stratum: subjects that are comparable.
        fewest: subjects that a stratum needs; NaN in smaller ones.

    Returns:
        `expected`, `dispersion`, `p` (upper tail), in the order given.
    """
    table = pd.DataFrame({"x": np.asarray(count, float), "e": np.asarray(exposure, float), "s": np.asarray(stratum)})
    result = pd.DataFrame({"expected": np.nan, "dispersion": np.nan, "p": np.nan}, index=table.index)
    for _, rows in table.groupby("s", sort=True):
        if len(rows) < fewest or rows["x"].sum() == 0:
            continue
        x, e = rows["x"], rows["e"]
        expected = e * (x.sum() - x + 0.5) / (e.sum() - e)
        mean = e * x.sum() / e.sum()
        excess, square = (x - mean) ** 2 - mean, mean**2
        over = (excess.sum() - excess) / (square.sum() - square).clip(lower=1e-12)
        dispersion = (1.5 * over).clip(lower=0.02)
        shape = 1.0 / dispersion
        p = scipy.stats.nbinom.sf(x - 1, shape, shape / (shape + expected))
        result.loc[rows.index, "expected"] = expected
        result.loc[rows.index, "dispersion"] = dispersion
        result.loc[rows.index, "p"] = p
    return result


def peer_outliers(value: npt.ArrayLike, peers: npt.ArrayLike, fewest: int = 8) -> pd.DataFrame:
    """Values far above those of the peers, one at a time.

    Under the null the logs of the values of a peer group are normal. The value is held against the mean and standard
    deviation of the *others*: t = (log x - mean) / (sd √(1 + 1/m)) is Student's t with m - 1 degrees of freedom, m the
    others' number; p is its upper tail.

    Args:
        value: positive amounts.
        peers: the peer group of each.
        fewest: others that a group needs; NaN in smaller ones.

    Returns:
        `typical` (the others' geometric mean), `times` (value over it), `t`, `p`, in the order given.
    """
    table = pd.DataFrame({"log": np.log(np.asarray(value, dtype=np.float64)), "peers": np.asarray(peers)})
    grouped = table.groupby("peers")["log"]
    m = grouped.transform("size") - 1.0
    centre = grouped.transform("mean")
    off = table["log"] - centre
    mean = centre - off / m
    squares = (off**2).groupby(table["peers"]).transform("sum") - off**2 * (m + 1) / m
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(squares.clip(lower=0) / (m - 1))
        t = (table["log"] - mean) / (sd * np.sqrt(1 + 1 / m))
        times = pd.Series(np.exp((table["log"] - mean).to_numpy()), index=table.index)
    enough = (m >= fewest) & (sd > 1e-9)
    return pd.DataFrame(
        {
            "typical": pd.Series(np.exp(mean.to_numpy()), index=table.index).where(enough),
            "times": times.where(enough),
            "t": t.where(enough),
            "p": pd.Series(scipy.stats.t.sf(t, m - 1), index=table.index).where(enough),
        }
    )
