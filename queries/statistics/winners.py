"""Who wins among those who bid: turns, territories, standing losers.

Each test asks of the winners given the bidders. Who bid is taken as it is, so a group that was found by its
co-bidding is tested on something that played no part in finding it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from queries.statistics.incidence import Matrix, co_bids

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


def draw_winners(present: Booleans, strength: npt.ArrayLike, draws: int, rng: np.random.Generator) -> Integers:
    """Winners by chance: shape (draws, tenders), each a member present in the tender, in proportion to `strength`.

    Args:
        present: tenders × members, who bid; every tender has at least one member.
        strength: weight of each member.
        draws: how many worlds to draw, all at once.
        rng: where chance comes from.
    """
    weight = present * np.asarray(strength, dtype=np.float64)[None, :]
    edge = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    dice = rng.random((draws, len(present), 1))
    chosen = (dice >= edge[None]).sum(axis=2)
    return np.asarray(np.minimum(chosen, present.shape[1] - 1), dtype=np.int64)


def repeats(winner: Integers, lags: int) -> Integers:
    """How often a member wins again within the next `lags` tenders, for each row of a (draws, tenders) array.

    0 where the members take turns in strict order and `lags` is their number less one.
    """
    count = np.zeros(winner.shape[0], dtype=np.int64)
    for lag in range(1, min(lags, winner.shape[1] - 1) + 1):
        count += (winner[:, lag:] == winner[:, :-lag]).sum(axis=1)
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
        draws: simulated worlds; the smallest p-value is 1 / (draws + 1).
        seed: of the simulation.

    Returns:
        p-value (lower tail), the observed repeats, and their mean under the null.
    """
    observed = np.asarray(winner, dtype=np.int64)[None, :]
    bidders = np.asarray(present, dtype=bool)
    members = bidders.shape[1]
    rng = np.random.default_rng(seed)
    chance = _chunks(lambda n: repeats(draw_winners(bidders, np.ones(members), n, rng), members - 1), draws, bidders)
    seen = int(repeats(observed, members - 1)[0])
    return float((1 + (chance <= seen).sum()) / (1 + draws)), seen, float(chance.mean())


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
        draws: simulated worlds.
        seed: of the simulation.

    Returns:
        p-value (upper tail), the observed share, and its mean under the null.
    """
    observed = np.asarray(winner, dtype=np.int64)[None, :]
    bidders = np.asarray(present, dtype=bool)
    members = bidders.shape[1]
    names, place = np.unique(np.asarray(territory), return_inverse=True)
    strength = (np.bincount(observed[0], minlength=members) + 0.5) / (bidders.sum(axis=0) + 1.0)
    rng = np.random.default_rng(seed)

    def share(won: Integers) -> npt.NDArray[np.float64]:
        cell = (np.arange(len(won))[:, None] * len(names) + place[None, :]) * members + won
        counts = np.bincount(cell.ravel(), minlength=len(won) * len(names) * members)
        best = counts.reshape(len(won), len(names), members).max(axis=2).sum(axis=1)
        return np.asarray(best / won.shape[1], dtype=np.float64)

    chance = _chunks(lambda n: share(draw_winners(bidders, strength, n, rng)), draws, bidders)
    seen = float(share(observed)[0])
    return float((1 + (chance >= seen - 1e-12).sum()) / (1 + draws)), seen, float(chance.mean())


def standing_losers(
    bid: Matrix, won: Matrix, *, fewest_bids: int = 10, most_wins: float = 0.05, fewest_losses: int = 4
) -> dict[str, npt.NDArray[np.float64]]:
    """Firms that bid much, win (almost) nothing, and lose to one and the same winner far more than chance.

    For a loser f and a winner w: of the tenders that w entered and f did not win, w won K of N; f was there in n of
    them, and w won x of those. Under the null f's presence says nothing of w's luck, and x is
    hypergeometric (N, K, n). A bidder more makes winning harder, so honest presence lowers x. The p-value is
    P(X ≥ x). Every pair with at least `fewest_losses` common tenders is a test.

    Args:
        bid: tenders × firms, who bid.
        won: tenders × firms, who won.
        fewest_bids: that a loser made.
        most_wins: share of its bids that it won at most.
        fewest_losses: common tenders that a pair needs.

    Returns:
        Arrays of equal length: `loser`, `winner` (columns), `met`, `lost_to`, `winner_bids`, `winner_wins`, `p`.
    """
    bids, wins = np.asarray(bid.sum(axis=0)).ravel(), np.asarray(won.sum(axis=0)).ravel()
    loser = np.flatnonzero((bids >= fewest_bids) & (wins <= most_wins * bids))
    shared = co_bids(bid)[loser].tocoo()
    row, winner, met = shared.row, shared.col, shared.data
    lost_to = np.asarray((bid[:, loser].T @ won).tocsr()[row, winner]).ravel()
    over = np.asarray((won[:, loser].T @ bid).tocsr()[row, winner]).ravel()
    kept = (met - over >= fewest_losses) & (wins[winner] > 0)
    row, winner, met, lost_to, over = row[kept], winner[kept], met[kept], lost_to[kept], over[kept]
    population = bids[winner] - over
    tail = stats.hypergeom.sf(lost_to - 1, population, wins[winner], met - over) if len(loser) else []
    return {
        "loser": loser[row].astype(np.float64),
        "winner": winner.astype(np.float64),
        "met": met,
        "lost_to": lost_to,
        "winner_bids": population,
        "winner_wins": wins[winner],
        "p": np.asarray(tail, dtype=np.float64),
    }


def _chunks(draw: object, draws: int, present: Booleans) -> npt.NDArray[np.float64]:
    """Draw in as many rounds as keep draws × tenders × members within some 50 million cells."""
    assert callable(draw)
    at_once = max(1, min(draws, 50_000_000 // max(1, present.size)))
    rounds = [min(at_once, draws - begin) for begin in range(0, draws, at_once)]
    return np.concatenate([np.asarray(draw(n), dtype=np.float64) for n in rounds])
