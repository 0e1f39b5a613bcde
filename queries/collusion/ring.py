"""Who is of the ring, as far as labelled tenders tell: inferred for each firm, never read from a list.

A ring needs two. So a labelled tender is taken to be collusive where two members or more bid *and* the bidders played
the ring's game, which the prices tell: P(collusive) = s(prices) P(at least two members). One member among honest
rivals is an honest tender, and that is what makes the labels of tenders tell firms apart: each honest tender that is
priced like the ring's holds one member at most, each collusive one two at least.

Membership is inferred by loopy belief propagation on the network of firms and labelled tenders (Pearl 1988;
Kschischang, Frey & Loeliger 2001), `s` and what a firm's label-free traits say of membership by expectation
maximisation around it: multiple-instance learning with a threshold of two (Foulds & Frank 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from queries.collusion.features import Tenders
from queries.collusion.habits import normal_scores
from queries.statistics.tenders import Floats

Places = npt.NDArray[np.int64]

_FIRST_GUESS = 0.1
"""Share of members before anything is read."""
_ROUNDS = 12
_SWEEPS = 6
_DAMPING = 0.5
_PENALTY_OF_TRAITS = 0.3
_PENALTY_OF_PRICES = 0.05
_LEAST = 1e-4
"""No message and no chance is believed to be nearer to 0 or 1 than this."""
_MOST_SAID = 4.0
"""No single tender moves a firm's log-odds by more than this."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Log-odds of each firm to be a member. A firm that is not listed has those of the average firm."""

    bidders: npt.NDArray[np.str_]
    odds: Floats

    def meetings(self, tenders: Tenders, rows: Places) -> pd.DataFrame:
        """How much of the ring meets in each of `rows`.

        `ring_two` is the log-odds that at least two members bid, `ring_expected` how many are expected to. The rows
        must not be among the tenders whose labels were read: their own label would leak.
        """
        place = pd.Index(self.bidders).get_indexer(pd.Index(tenders.bids.bidders.astype(str)))
        unknown = float(logit(np.clip(expit(self.odds).mean(), _LEAST, 1 - _LEAST)))
        member = expit(np.append(self.odds, unknown)[place])
        matrix = tenders.bids.matrix[rows]
        tender = np.repeat(np.arange(len(rows)), np.diff(matrix.indptr))
        chance = member[matrix.indices]
        two = np.clip(_two(tender, chance, len(rows)), _LEAST, 1 - _LEAST)
        expected = np.bincount(tender, weights=chance, minlength=len(rows))
        return pd.DataFrame(
            {"ring_two": logit(two), "ring_expected": expected},
            index=pd.Index(tenders.bids.tenders[rows], name="tender"),
        )


def infer(tenders: Tenders, label: Floats, rows: Places, traits: Floats) -> Ring:
    """The ring that the labels of the tenders `rows` speak of.

    Args:
        tenders: labelled and unlabelled tenders.
        label: 1 collusive, 0 honest, of all tenders; only those of `rows` are read.
        rows: positions of the labelled tenders.
        traits: label-free traits of the firms, shape (firms, traits), as `habits.traits` gives them.
    """
    matrix, y = tenders.bids.matrix[rows], label[rows]
    tender, firm = np.repeat(np.arange(len(rows)), np.diff(matrix.indptr)), matrix.indices.astype(np.int64)
    values = tenders.prices.iloc[rows]
    prices = normal_scores(values.fillna(values.median()).fillna(0.0).to_numpy(np.float64))
    prior, said = np.full(matrix.shape[1], logit(_FIRST_GUESS)), np.zeros(len(firm))
    played = np.full(len(rows), 0.8)
    # Some hundred rows are no work for several threads, which would only wait for each other.
    with threadpool_limits(limits=1):
        for _ in range(_ROUNDS):
            said = _propagate(tender, firm, y, played, prior, said)
            odds = prior + np.bincount(firm, weights=said, minlength=len(prior))
            played = _game(prices, y, played, _two(tender, expit(odds[firm] - said), len(rows)))
            prior = _prior(traits, expit(odds))
    said = _propagate(tender, firm, y, played, prior, said)
    odds = prior + np.bincount(firm, weights=said, minlength=len(prior))
    return Ring(tenders.bids.bidders.astype(str), np.asarray(odds, dtype=np.float64))


def _propagate(tender: Places, firm: Places, y: Floats, played: Floats, prior: Floats, said: Floats) -> Floats:
    """What each tender says of each of its bidders: log-likelihood ratios by bid, after some damped sweeps.

    A firm is told by a tender only what it did not tell that tender itself.
    """
    collusive = y[tender] == 1
    for _ in range(_SWEEPS):
        odds = prior + np.bincount(firm, weights=said, minlength=len(prior))
        none, one = _others(tender, expit(odds[firm] - said), len(y))
        # P(collusive) where the firm is a member, and where it is not.
        member, stranger = played[tender] * (1 - none), played[tender] * np.maximum(1 - none - one, 0.0)
        heard = np.where(
            collusive,
            np.log(member + _LEAST) - np.log(stranger + _LEAST),
            np.log(1 - member + _LEAST) - np.log(1 - stranger + _LEAST),
        )
        said = _DAMPING * said + (1 - _DAMPING) * np.clip(heard, -_MOST_SAID, _MOST_SAID)
    return said


def _game(prices: Floats, y: Floats, played: Floats, two: Floats) -> Floats:
    """P(collusive | two members, prices) of each tender. An honest one counts by its chance that two members met."""
    weight = np.where(y == 1, 1.0, two * (1 - played) / (1 - two * played)) + 1e-3
    fitted = LogisticRegression(C=_PENALTY_OF_PRICES, max_iter=500).fit(prices, y, sample_weight=weight)
    return np.asarray(np.clip(fitted.predict_proba(prices)[:, 1], 0.01, 0.99), dtype=np.float64)


def _prior(traits: Floats, member: Floats) -> Floats:
    """Log-odds of membership by traits alone, each firm counted as member and stranger by its chances."""
    twice = np.vstack([traits, traits])
    is_member = np.repeat([1.0, 0.0], len(member))
    weight = np.append(member, 1 - member) + 1e-6
    fitted = LogisticRegression(C=_PENALTY_OF_TRAITS, max_iter=500).fit(twice, is_member, sample_weight=weight)
    return np.asarray(np.clip(fitted.decision_function(traits), -6.0, 3.0), dtype=np.float64)


def _two(tender: Places, chance: Floats, count: int) -> Floats:
    """P(at least two members) of each tender, from the chances of its bidders (Poisson binomial)."""
    none, one = _none_and_one(tender, chance, count)
    return np.clip(1 - none - one, 1e-6, 1 - 1e-6)


def _others(tender: Places, chance: Floats, count: int) -> tuple[Floats, Floats]:
    """For each bid, P(none) and P(exactly one) of the tender's other bidders to be members."""
    chance = _inside(chance)
    alone, ratio = np.log1p(-chance), chance / (1 - chance)
    none = np.exp(np.bincount(tender, weights=alone, minlength=count)[tender] - alone)
    return none, np.maximum(none * (np.bincount(tender, weights=ratio, minlength=count)[tender] - ratio), 0.0)


def _none_and_one(tender: Places, chance: Floats, count: int) -> tuple[Floats, Floats]:
    chance = _inside(chance)
    none = np.exp(np.bincount(tender, weights=np.log1p(-chance), minlength=count))
    return none, none * np.bincount(tender, weights=chance / (1 - chance), minlength=count)


def _inside(chance: Floats) -> Floats:
    return np.clip(chance, 1e-6, 1 - _LEAST)
