"""Prices of honest bids: own cost, a margin that competition presses, and no pattern that chance drew.

Prices are handled as a grid, a row per tender and a slot per bid, in units of the tender's estimate.
"""

from __future__ import annotations

import itertools

import numpy as np

from loaders.sample.columns import Bools, Floats, Ints

MOST_BIDDERS = 8
_EVEN = 0.6
"""Steps between neighbouring prices are even when the narrowest is more than this share of the widest."""
_SAME_RATIO = 0.0025
"""Two firms keep one ratio when its logarithm varies by less than this over three tenders or more."""


def slots(tender: Ints) -> Ints:
    """The place of each bid within its tender (the bids are sorted by tender)."""
    first = np.flatnonzero(np.r_[True, tender[1:] != tender[:-1]])
    return np.arange(len(tender)) - np.repeat(first, np.diff(np.r_[first, len(tender)]))


def draw_prices(rng: np.random.Generator, tender: Ints, firm: Ints, estimate: Ints, ceiling: Ints, sale: Bools) -> Ints:
    """Prices in fen per bid: cost times a margin, under the ceiling; above the reserve where something is sold."""
    rivals = np.bincount(tender, minlength=len(sale))[tender]
    ratio = rng.lognormal(-0.13, 0.055, len(tender)) * (1.03 + 0.22 / np.sqrt(rivals + 1.0))
    most = ceiling[tender] / estimate[tender]
    ratio = np.maximum(np.minimum(ratio, most * (1 - 0.02 * rng.random(len(tender)))), 0.72)
    ratio = np.where(sale[tender], 1.02 + rng.gamma(2.0, 0.06, len(tender)), ratio)
    slot = slots(tender)
    grid = np.full((len(sale), MOST_BIDDERS), np.nan)
    firms = np.full(grid.shape, -1)
    grid[tender, slot] = ratio
    firms[tender, slot] = firm
    while True:
        _without_steps(rng, grid, sale)
        rows, columns = _constant_ratios(grid, firms)
        if not len(rows):
            break
        grid[rows, columns] *= np.where(sale[rows], 1.02, 0.98) ** rng.uniform(0.4, 1.2, len(rows))
    return np.round(grid[tender, slot] * estimate[tender]).astype(np.int64)


def even_steps(grid: Floats) -> Bools:
    """Whether a tender's prices (three or more) step evenly, by sum or by ratio."""
    prices = np.sort(grid, axis=1)
    even: Bools = np.zeros(len(grid), dtype=bool)
    for steps in (np.diff(prices, axis=1), np.diff(np.log(prices), axis=1)):
        widest, narrowest = np.nan_to_num(steps, nan=0.0).max(axis=1), np.nan_to_num(steps, nan=9.0).min(axis=1)
        even |= narrowest > _EVEN * widest
    even &= np.isfinite(grid).sum(axis=1) >= 3
    return even


def _without_steps(rng: np.random.Generator, grid: Floats, sale: Bools) -> None:
    """Move the extreme price of tenders that step evenly outwards, and all prices of tenders with a tie."""
    while True:
        order = np.argsort(grid, axis=1)
        steps = np.diff(np.take_along_axis(grid, order, axis=1), axis=1)
        widest = np.nan_to_num(steps, nan=0.0).max(axis=1)
        even = np.flatnonzero(even_steps(grid))
        tied = np.flatnonzero(np.nan_to_num(steps, nan=9.0).min(axis=1) < 2e-6)
        if not len(even) and not len(tied):
            return
        last = np.isfinite(grid[even]).sum(axis=1) - 1
        moved = order[even, np.where(sale[even], last, 0)]
        grid[even, moved] += np.where(sale[even], 1, -1) * rng.uniform(0.9, 1.3, len(even)) * widest[even]
        grid[tied] += np.where(sale[tied], 1, -1)[:, None] * rng.uniform(0.0, 0.01, (len(tied), grid.shape[1]))


def _constant_ratios(grid: Floats, firms: Ints) -> tuple[Ints, Ints]:
    """One bid (row, slot) of every pair of firms whose prices keep one ratio over three tenders or more."""
    parts = []
    for i, j in itertools.combinations(range(MOST_BIDDERS), 2):
        rows = np.flatnonzero(firms[:, j] >= 0)
        a, b = firms[rows, i], firms[rows, j]
        ratio = np.log(grid[rows, i] / grid[rows, j])
        pair = np.minimum(a, b) * (firms.max() + 1) + np.maximum(a, b)
        parts.append(np.stack([pair, np.where(a < b, ratio, -ratio), rows, np.full(len(rows), j)]))
    pair, ratio, row, slot = np.concatenate(parts, axis=1)
    order = np.lexsort((row, pair))
    pair, ratio, row, slot = pair[order], ratio[order], row[order], slot[order]
    start = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])
    count = np.diff(np.r_[start, len(pair)])
    mean = np.add.reduceat(ratio, start) / count
    spread = np.sqrt(np.add.reduceat((ratio - np.repeat(mean, count)) ** 2, start) / np.maximum(count - 1, 1))
    found = start[(count >= 3) & (spread < _SAME_RATIO)]
    return row[found].astype(np.int64), slot[found].astype(np.int64)
