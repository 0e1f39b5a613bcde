"""The flags of the guide over loaded tables: one module each."""

from __future__ import annotations

from queries.ocp.rules import (
    r002_below_threshold,
    r003_short_period,
    r010_direct_above_threshold,
    r013_non_competitive_use,
    r018_single_bidder,
    r019_few_bidders,
    r022_wide_prices,
    r023_fixed_multiples,
    r024_close_to_winner,
    r025_seldom_wins,
    r026_consortia,
    r028_identical_prices,
    r029_first_digits,
    r030_late_bid,
    r031_near_estimate,
    r035_all_others_disqualified,
    r036_lowest_disqualified,
    r038_excessive_disqualification,
    r044_tied_bidders,
    r048_heterogeneous_supplier,
    r050_market_share,
    r051_market_concentration,
    r052_small_then_large,
    r053_pair_with_one_winner,
    r055_repeated_direct_awards,
    r058_heavy_discount,
    r059_differs_from_award,
    r064_modifications,
    r069_price_increase,
    r070_losing_bidder_hired,
)
from queries.ocp.rules.rule import Rule

RULES: tuple[Rule, ...] = tuple(
    module.RULE
    for module in (
        r002_below_threshold,
        r003_short_period,
        r010_direct_above_threshold,
        r013_non_competitive_use,
        r018_single_bidder,
        r019_few_bidders,
        r022_wide_prices,
        r023_fixed_multiples,
        r024_close_to_winner,
        r025_seldom_wins,
        r026_consortia,
        r028_identical_prices,
        r029_first_digits,
        r030_late_bid,
        r031_near_estimate,
        r035_all_others_disqualified,
        r036_lowest_disqualified,
        r038_excessive_disqualification,
        r044_tied_bidders,
        r048_heterogeneous_supplier,
        r050_market_share,
        r051_market_concentration,
        r052_small_then_large,
        r053_pair_with_one_winner,
        r055_repeated_direct_awards,
        r058_heavy_discount,
        r059_differs_from_award,
        r064_modifications,
        r069_price_increase,
        r070_losing_bidder_hired,
    )
)
"""In the order of their codes."""
