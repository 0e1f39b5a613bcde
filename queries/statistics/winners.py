"""Who wins among those who bid: turns, territories, standing losers.

Each test asks of the winners given the bidders. Who bid is taken as it is, so a group that was found by its
co-bidding is tested on something that played no part in finding it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import scipy  # `scipy.stats` loads when first used: half a second that most commands have no use for

from queries.statistics.incidence import Matrix

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

Columns = npt.NDArray[np.uint16]
"""Members of a group by their columns: narrow, since simulated worlds hold millions of them."""

_CELLS = 250_000
"""Simulated worlds × tenders at once: as many as stay in a processor's own memory."""
_FIRST = 1_000
"""Worlds that are drawn before it is asked whether more would tell more."""
_ENOUGH = 100
"""Worlds of the first that are at least as extreme as the observed one, with which drawing ends."""


def draw_winners(present: Booleans, strength: npt.ArrayLike, draws: int, rng: np.random.Generator) -> Columns:
    """Winners by chance: shape (draws, tenders), each a member present in the tender, in proportion to `strength`.

    Args:
        present: tenders × members, who bid; every tender has at least one member.
        strength: weight of each member.
        draws: how many worlds to draw, all at once.
        rng: where chance comes from.
    """
    weight = present * np.asarray(strength, dtype=np.float64)[None, :]
    edge = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    dice = rng.random((draws, len(present)))
    chosen = np.zeros(dice.shape, dtype=np.uint16)
    # The last edge is 1 but for rounding: what lies above all others is the last member's.
    for reached in edge.T[:-1]:
        chosen += dice >= reached
    return chosen


def repeats(winner: Columns, lags: int) -> Integers:
    """How often a member wins again within the next `lags` tenders, for each row of a (draws, tenders) array.

    0 where the members take turns in strict order and `lags` is their number less one.
    """
    count = np.zeros(winner.shape[0], dtype=np.int64)
    # World beside world: sums over few tenders are slow where each world's lie together.
    turn = np.ascontiguousarray(winner.T)
    for lag in range(1, min(lags, len(turn) - 1) + 1):
        count += (turn[lag:] == turn[:-lag]).sum(axis=0)
    return count


def rotation_p_value(
    winner: npt.ArrayLike, present: npt.ArrayLike, *, draws: int = 20_000, seed: int = 1
) -> tuple[float, int, float]:
    """Do the members of a group take turns more evenly and regularly than chance?

    The statistic is `repeats` with a lag of members - 1: wins that come before all others had theirs. The null is the
    honest world in which turns come most often by chance: in each tender the winner is any member that bid, all
    equally strong, independent of the others. Unequal firms repeat more, so for them the p-value errs towards caution.

    Args:
        winner: column of the winning member in each tender, in order of time.
        present: tenders × members, who bid.
        draws: simulated worlds at most; the smallest p-value is 1 / (draws + 1).
        seed: of the simulation.

    Returns:
        p-value (lower tail), the observed repeats, and their mean under the null.
    """
    observed = np.asarray(winner, dtype=np.uint16)[None, :]
    bidders = np.asarray(present, dtype=bool)
    members = bidders.shape[1]
    rng = np.random.default_rng(seed)
    seen = int(repeats(observed, members - 1)[0])
    p, mean = _chance(
        lambda n: repeats(draw_winners(bidders, np.ones(members), n, rng), members - 1).astype(np.float64),
        lambda drawn: np.asarray(drawn <= seen, dtype=bool),
        draws,
        bidders,
    )
    return p, seen, mean


def split_p_value(
    winner: npt.ArrayLike, present: npt.ArrayLike, territory: npt.ArrayLike, *, draws: int = 20_000, seed: int = 1
) -> tuple[float, float, float]:
    """Do the members of a group win each in their own territory only?

    The statistic is the share of tenders won by the member that wins most in the tender's territory. Under the null a
    member's chance to win does not depend on the territory: the winner is drawn from those that bid, in proportion to
    their wins (plus one half) over their bids.

    Args:
        winner: column of the winning member in each tender.
        present: tenders × members, who bid.
        territory: of each tender.
        draws: simulated worlds at most.
        seed: of the simulation.

    Returns:
        p-value (upper tail), the observed share, and its mean under the null.
    """
    observed = np.asarray(winner, dtype=np.uint16)[None, :]
    bidders = np.asarray(present, dtype=bool)
    members = bidders.shape[1]
    names, place = np.unique(np.asarray(territory), return_inverse=True)
    strength = (np.bincount(observed[0], minlength=members) + 0.5) / (bidders.sum(axis=0) + 1.0)
    rng = np.random.default_rng(seed)

    def share(won: Columns) -> Floats:
        cell = (np.arange(len(won)) * len(names) * members)[:, None] + (place * members)[None, :] + won
        counts = np.bincount(cell.ravel(), minlength=len(won) * len(names) * members)
        best = counts.reshape(len(won), len(names), members).max(axis=2).sum(axis=1)
        return np.asarray(best / won.shape[1], dtype=np.float64)

    seen = float(share(observed)[0])
    p, mean = _chance(
        lambda n: share(draw_winners(bidders, strength, n, rng)),
        lambda drawn: np.asarray(drawn >= seen - 1e-12, dtype=bool),
        draws,
        bidders,
    )
    return p, seen, mean


def win_likeness(bid: Matrix, won: Matrix) -> float:
    """How alike the firms' chances to win are: the a of a Beta(a μ, a (1 - μ)) law around μ = 1 / bidders.

    By moments over all firms: one that bids n times wins nμ on average, with variance nμ(1 - μ)(1 + (n - 1) / (a + 1)).
    Halved, since an estimate too high makes the tail too thin; between 2 (very unlike) and 200.
    """
    size = np.asarray(bid.sum(axis=1)).ravel()
    share = np.divide(1.0, size, out=np.zeros(len(size)), where=size > 0)
    bids, wins = np.asarray(bid.sum(axis=0)).ravel(), np.asarray(won.sum(axis=0)).ravel()
    mean, variance = bid.T @ share, bid.T @ (share * (1 - share))
    spread = float(np.sum((wins - mean) ** 2 - variance) / max(float(np.sum(variance * (bids - 1))), 1e-12))
    return float(np.clip(0.5 * (1 / max(spread, 1e-3) - 1), 2.0, 200.0))


def standing_losers(
    bid: Matrix, won: Matrix, *, fewest_bids: int = 10, most_wins: float = 0.05, fewest_losses: int = 4
) -> dict[str, npt.NDArray[np.float64]]:
    """Firms that bid much, win (almost) nothing, and lose to one and the same winner far more than chance.

    For a loser f and a winner w: f met w in n tenders without winning, and w won x of them. Under the null f's
    presence says nothing of w's luck: w's chance lies around 1 / (bidders but f), as unlike as firms are in this market
    (`win_likeness`), and is learnt from what w won where f was not: N bids, K wins. So x is beta-binomial, the
    hypergeometric's cousin that can also judge a winner who never bids without the loser. The p-value is P(X ≥ x).
    Every pair with at least `fewest_losses` such tenders is a test.

    Args:
        bid: tenders × firms, who bid.
        won: tenders × firms, who won.
        fewest_bids: that a loser made.
        most_wins: share of its bids that it won at most.
        fewest_losses: common tenders that a pair needs.

    Returns:
        Arrays of equal length: `loser`, `winner` (columns), `met`, `lost_to`, `elsewhere`, `won_elsewhere`, `p`.
    """
    size = np.asarray(bid.sum(axis=1)).ravel()
    bids, wins = np.asarray(bid.sum(axis=0)).ravel(), np.asarray(won.sum(axis=0)).ravel()
    loser = np.flatnonzero((bids >= fewest_bids) & (wins <= most_wins * bids))
    lost = scipy.sparse.csr_array(bid[:, loser] - won[:, loser])
    lost.eliminate_zeros()
    shared = scipy.sparse.csr_array(lost.T @ bid).tocoo()
    row, winner, met = shared.row, shared.col, shared.data
    kept = (loser[row] != winner) & (met >= fewest_losses) & (wins[winner] > 0)
    row, winner, met = row[kept], winner[kept], met[kept]
    names = ("loser", "winner", "met", "lost_to", "elsewhere", "won_elsewhere", "p")
    if not len(row):
        return {name: np.empty(0) for name in names}
    lost_to = np.asarray(scipy.sparse.csr_array(lost.T @ won)[row, winner]).ravel()
    together = np.asarray(scipy.sparse.csr_array(bid[:, loser].T @ bid)[row, winner]).ravel()
    won_together = np.asarray(scipy.sparse.csr_array(bid[:, loser].T @ won)[row, winner]).ravel()
    rivals = np.divide(1.0, size - 1, out=np.ones(len(size)), where=size > 2)
    by_chance = scipy.sparse.csr_array(lost.T @ scipy.sparse.diags_array(rivals) @ bid)
    chance = np.asarray(by_chance[row, winner]).ravel() / met
    elsewhere, won_elsewhere = bids[winner] - together, wins[winner] - won_together
    # Where f is not, one bidder more shares the luck; brought to the tenders that f lost.
    credit = np.minimum(elsewhere, won_elsewhere * (1 + chance))
    a = win_likeness(bid, won)
    p = scipy.stats.betabinom.sf(
        lost_to - 1, met, a * chance + credit + 1e-9, a * (1 - chance) + elsewhere - credit + 1e-9
    )
    values = (loser[row], winner, met, lost_to, elsewhere, won_elsewhere, p)
    return {name: np.asarray(value, dtype=np.float64) for name, value in zip(names, values, strict=True)}


def _chance(
    draw: Callable[[int], Floats], beyond: Callable[[Floats], Booleans], draws: int, present: Booleans
) -> tuple[float, float]:
    """The p-value and the mean of a simulated statistic, drawn in as many rounds as keep within `_CELLS` at once.

    The first thousand worlds decide on what is plainly chance: with `_ENOUGH` of them beyond the observed one it is
    left at that (Besag & Clifford 1991, Biometrika 78, 301-304).
    """
    at_once = max(1, _CELLS // max(1, len(present)))

    def worlds(number: int) -> Floats:
        return np.concatenate([draw(min(at_once, number - done)) for done in range(0, number, at_once)])

    drawn = worlds(min(_FIRST, draws))
    if len(drawn) < draws and int(beyond(drawn).sum()) < _ENOUGH:
        drawn = np.concatenate([drawn, worlds(draws - len(drawn))])
    return float((1 + beyond(drawn).sum()) / (1 + len(drawn))), float(drawn.mean())
