"""Which bid and which award is for which lot of its release."""

from __future__ import annotations

from queries.ocp.releases import Award, Bid, Identifier


def name_lots(bids: list[Bid], awards: list[Award]) -> bool:
    """Whether any of them names a lot."""
    if [bid for bid in bids if bid.related_lots or bid.related_lot]:
        return True
    return any(award.related_lots or award.related_lot or award.lot_id for award in awards)


def note_lots(
    bid_lists: list[list[Bid] | None], award_lists: list[list[Award] | None], lists: dict[str, list[int]]
) -> None:
    """Note (bid, lot) and (award, lot) pairs; a lot's number counts within its release."""
    bid, award = len(lists["bid_status"]), len(lists["award_status"])
    for bids, awards in zip(bid_lists, award_lists, strict=True):
        numbers: dict[str, int] = {}
        for offer in bids or ():
            names = _names(offer.related_lots, offer.related_lot)
            lists["bid_lot"] += [numbers.setdefault(name, len(numbers)) for name in names]
            lists["lot_of_bid"] += [bid] * len(names)
            bid += 1
        for made in awards or ():
            names = _names(made.related_lots, made.related_lot if made.related_lot is not None else made.lot_id)
            lists["award_lot"] += [numbers.setdefault(name, len(numbers)) for name in names]
            lists["lot_of_award"] += [award] * len(names)
            award += 1


def _names(several: list[Identifier] | None, one: Identifier) -> list[str]:
    names = several or ([] if one is None else [one])
    return list(dict.fromkeys(str(name) for name in names if name is not None and name != ""))
