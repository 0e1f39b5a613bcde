"""Bidders of one tender that share something: the common shape of most bid-rigging and affiliation detectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

import pandas as pd

from i18n import Text, listing
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict, numbered
from queries.laws import in_force
from queries.rows import Columns, Rows
from queries.verdicts import verdict

CONSORTIUM = Text(zh="联合体成员", en="Consortium partners")

_PART = Text(
    zh="该情形只能解释其中一部分，其余仍无法解释。", en="It explains a part of what they share, and leaves the rest."
)


@dataclass(frozen=True, slots=True)
class GroupExcuse:
    """An innocent explanation that holds for single rows of a group.

    `column` marks the rows it explains (none where the select itself leaves them out); `unknown`, where given, marks
    the rows of which the data cannot tell, and `gap` those that lack one cell only (`Excuse.gap`).
    """

    id: str
    column: str | None
    fits: Text
    ruled_out: Text
    unknown: str | None = None
    not_checkable: Text | None = None
    gap: str | None = None


PAST_ROLE = GroupExcuse(
    "past_role",
    "past",
    fits=Text(
        zh="该人员在开标日不再（或尚未）担任其中一家的职务。",
        en="On the opening day the person no longer, or not yet, held the role at one of them.",
    ),
    ruled_out=Text(zh="登记的任职期间均包含开标日。", en="Each registered term of office includes the opening day."),
)

NAMESAKES = GroupExcuse(
    "namesakes",
    None,
    fits=Text(zh="为同名不同人。", en="They are two persons of one name."),
    ruled_out=Text(
        zh="各单位登记的是同一人员编号，而非仅姓名相同。",
        en="The registers name one person by id, not merely one name.",
    ),
    unknown="by_name",
    not_checkable=Text(
        zh="人员编号由姓名推定，无法排除同名。",
        en="The person's id was derived from the name: namesakes are possible.",
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Bidders of one tender that are connected by shared things.

    `rows` has a row for each bidder and thing it shares, sorted by bidder and thing, with the columns of the select.
    """

    tender_id: str
    day: date | None
    bidders: tuple[str, ...]
    rows: Rows

    @property
    def identity(self) -> dict[str, str]:
        """The tender and its bidders in the group: what makes this matter this matter."""
        return {"tender": self.tender_id, **numbered("bidder", list(self.bidders))}

    @property
    def names(self) -> Text:
        """The bidders by name, or by id where no table names them."""
        return self.named("bidder_id", "bidder_name")

    def named(self, column: str, name_column: str) -> Text:
        """What stands in a column, each by name, or by id where no table names it."""
        pairs = dict(self.rows.cells(column, name_column))
        return listing(name or str(key) for key, name in pairs.items())

    @property
    def things(self) -> tuple[str, ...]:
        """What they share."""
        return tuple(sorted(set(self.rows["thing"])))

    @property
    def units(self) -> int:
        """Independent bids in the group: the partners of one consortium make one bid."""
        return len({consortium or bidder for consortium, bidder in self.rows.cells("consortium_id", "bidder_id")})

    def _certain_units(self) -> int:
        """Independent bids but for those that look like a further row of another's."""
        units = self.rows.cells("consortium_id", "bidder_id", "unnamed_partner")
        return len({consortium or bidder for consortium, bidder, unnamed in units if not unnamed})

    def entities(self) -> tuple[Entity, ...]:
        """The tender, the bidders and their bids."""
        bids = sorted(set(self.rows["bid_id"]))
        return (
            Entity(self.tender_id, "tender", "tender"),
            *(Entity(bidder, "org", "bidder") for bidder in self.bidders),
            *(Entity(bid, "bid", "bid") for bid in bids),
        )

    def records(self) -> tuple[Ref, ...]:
        """The rows of the bids and of what they share (column `refs` of the select)."""
        bids = [Ref("bids", key) for key in self.rows["bid_key"]]
        return (*bids, *(ref for cell in self.rows["refs"] for ref in refs(cell)))

    def links(self) -> tuple[Link, ...]:
        """Bidders to bids, bids to the tender."""
        bids = {
            bid: (bidder, Ref("bids", key)) for bid, bidder, key in self.rows.cells("bid_id", "bidder_id", "bid_key")
        }
        return tuple(
            link
            for bid, (bidder, row) in bids.items()
            for link in (Link("SUBMITTED", bidder, bid, row), Link("BID_FOR", bid, self.tender_id, row))
        )

    def thing_links(self, kind: str) -> tuple[Link, ...]:
        """From each shared thing, a party, to the bidders that share it."""
        return tuple(Link(kind, thing, bidder) for thing, bidder in sorted(set(self.rows.cells("thing", "bidder_id"))))

    def laws(self, legal_basis: Iterable[str]) -> tuple[str, ...]:
        """Those of the rules that were in force and apply to the tender: the bidding law's, the procurement law's."""
        return applicable(legal_basis, self.rows["regime"][0], self.day)

    def verdicts(self, excuses: tuple[GroupExcuse, ...], explained: Rows | None) -> tuple[Excuse, ...]:
        """The verdict on the consortium and on each excuse: one fits only where nothing else is left.

        Args:
            excuses: innocent explanations of single rows.
            explained: of a group that is flagged, what the same bidders share besides and an excuse accounts for.
        """
        consortium = self.consortium_excuse()
        alone = consortium.verdict is Verdict.FITS
        verdicts = [consortium]
        for excuse in excuses:
            rows = self.rows if explained is None else explained
            fits: bool | None = False
            gap = False
            touched = excuse.column is not None and any(rows[excuse.column])
            if touched:
                fits = explained is None and not alone
            elif excuse.unknown is not None and any(self.rows[excuse.unknown]):
                fits = None
                gap = excuse.gap is not None and any(self.rows[excuse.gap])
            verdicts.append(
                verdict(
                    excuse.id,
                    fits,
                    yes=excuse.fits,
                    no=excuse.ruled_out if not touched else excuse.fits if alone else _PART,
                    unknown=excuse.not_checkable,
                    gap=gap,
                )
            )
        return tuple(verdicts)

    def consortium_excuse(self) -> Excuse:
        """Whether the bidders are partners of one consortium."""
        if self.units == 1:
            name = self.rows["consortium_id"][0]
            basis = Text(
                zh="上述投标人同属联合体 {name}，为同一投标。", en="All of them bid as one consortium, {name}."
            ).format(name=name)
            return Excuse("consortium_partners", Verdict.FITS, basis)
        if not self.rows["consortia_known"][0]:
            basis = Text(zh="数据中没有联合体信息。", en="The data name no consortia.")
            return Excuse("consortium_partners", Verdict.NOT_CHECKABLE, basis)
        if any(self.rows["lone_partner"]) and not all(self.rows["consortium_id"]):
            basis = Text(
                zh="其中一家的投标记录列有联合体，但同一标段没有其他成员的记录，其余单位未填联合体编号，可能为其成员。",
                en="One of them bids in a consortium of which the tender names no other partner, and another names "
                "none: they may be its partners.",
            )
            return Excuse("consortium_partners", Verdict.NOT_CHECKABLE, basis, gap=True)
        if self._certain_units() < 2:
            basis = Text(
                zh="其中一家的投标记录既无报价也无名次，或者其报价与名次（或者中标结果）与另一家完全相同，可能为同一联合体"
                "的一份投标，而联合体编号未填。",
                en="One of the bids has neither price nor rank, or shares its price and rank, or price and award, with "
                "another's: they may be rows of one consortium's bid that leave the consortium out.",
            )
            return Excuse("consortium_partners", Verdict.NOT_CHECKABLE, basis, gap=True)
        basis = Text(zh="投标记录未将其列为同一联合体。", en="The bids do not name one consortium for them.")
        return Excuse("consortium_partners", Verdict.RULED_OUT, basis)


@dataclass(frozen=True, slots=True)
class Account:
    """What a detector says of a group, besides what every group says of itself."""

    reasons: tuple[Text, ...]
    tier: Tier
    entities: tuple[Entity, ...] = ()
    links: tuple[Link, ...] = ()
    score: float = 1.0
    rank: float | None = None
    """The number of bidders where none is given."""
    amount: Amount | None = None
    excuses: tuple[Excuse, ...] = ()
    """Verdicts on the explanations that are no matter of single rows."""


def leads(
    rows: pd.DataFrame,
    excuses: tuple[GroupExcuse, ...],
    account: Callable[[Group], Account],
    legal_basis: tuple[str, ...],
) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender.

    What no excuse explains connects the bidders of a flagged lead, so that nobody is named in it over something that
    is explained. Groups without any such connection are cleared, each with its explanation.

    Args:
        rows: the columns of `MEMBER`, `thing`, `refs` and those of the excuses; bidders of one tender with equal
            `thing` are connected.
        excuses: innocent explanations of single rows.
        account: what the detector says of a group.
        legal_basis: its rules, of which those that apply to the tender are cited.
    """
    whole = Columns(rows)
    every = _ordered(whole, range(len(rows)))
    standing = _standing(whole, every, [excuse.column for excuse in excuses if excuse.column is not None])
    beside: dict[tuple[str, str], list[int]] = {}
    for place, key in enumerate(zip(whole["tender_id"], whole["bidder_id"], strict=True)):
        if place not in standing:
            beside.setdefault(key, []).append(place)
    for part in _groups(whole, [place for place in every if place in standing]):
        own = sorted(place for bidder in part.bidders for place in beside.get((part.tender_id, bidder), ()))
        yield _lead(part, excuses, account(part), legal_basis, Rows(whole, own))
    for group in _groups(whole, every, besides=standing):
        yield _lead(group, excuses, account(group), legal_basis, None)


def _ordered(whole: Columns, places: Iterable[int]) -> list[int]:
    """Places of rows by tender, bidder, thing and bid."""
    rows = list(zip(*(whole[column] for column in ("tender_id", "bidder_id", "thing", "bid_key")), strict=True))
    return sorted(places, key=rows.__getitem__)


def _standing(whole: Columns, places: Iterable[int], explained: Sequence[str]) -> set[int]:
    """The places of rows that no explanation accounts for and whose thing two independent bids of a tender share.

    A bid is the consortium's, or else the bidder's.
    """
    accounted = [whole[column] for column in explained]
    left = [place for place in places if not any(cells[place] for cells in accounted)]
    tender, thing = whole["tender_id"], whole["thing"]
    unit = [consortium or bidder for consortium, bidder in zip(whole["consortium_id"], whole["bidder_id"], strict=True)]
    units: dict[tuple[str, str], set[str]] = {}
    for place in left:
        units.setdefault((tender[place], thing[place]), set()).add(unit[place])
    return {place for place in left if len(units[tender[place], thing[place]]) > 1}


def _lead(
    group: Group,
    excuses: tuple[GroupExcuse, ...],
    account: Account,
    legal_basis: tuple[str, ...],
    explained: Rows | None,
) -> Lead:
    rules = group.laws(legal_basis)
    return Lead(
        identity=group.identity,
        # A statutory fact needs a statute that was in force and applies.
        tier=account.tier if rules else max(account.tier, Tier.B),
        entities=(*group.entities(), *account.entities),
        reasons=account.reasons,
        innocent=(*group.verdicts(excuses, explained), *account.excuses),
        records=group.records(),
        links=(*group.links(), *account.links),
        score=account.score,
        rank=float(len(group.bidders)) if account.rank is None else account.rank,
        amount=account.amount,
        period=(group.day, group.day),
        laws=rules,
    )


def _groups(whole: Columns, places: Sequence[int], besides: AbstractSet[int] = frozenset()) -> Iterator[Group]:
    """Connected groups of two bidders and more, by their first rows.

    Args:
        whole: the columns of `MEMBER`, `thing`, `refs` and whatever else the judge wants; bidders of one tender with
            equal `thing` are connected.
        places: which rows, in their order.
        besides: groups with any of these rows are left out.
    """
    for own in _connected(whole, places):
        part = Rows(whole, own)
        bidders = tuple(sorted(set(part["bidder_id"])))
        if len(bidders) > 1 and besides.isdisjoint(own):
            day = part["day"][0]
            yield Group(part["tender_id"][0], None if day is None else day.date(), bidders, part)


def _connected(whole: Columns, places: Sequence[int]) -> Iterable[list[int]]:
    """The places cut into connected groups: bidders of one tender that share things, in any chain."""
    tender, bidder, thing = (whole[column] for column in ("tender_id", "bidder_id", "thing"))
    upper: dict[tuple[str, str, str], tuple[str, str, str]] = {}

    def top(member: tuple[str, str, str]) -> tuple[str, str, str]:
        while (above := upper.setdefault(member, member)) != member:
            upper[member] = member = upper[above]
        return member

    for place in places:
        upper[top(("thing", tender[place], thing[place]))] = top(("bidder", tender[place], bidder[place]))
    parts: dict[tuple[str, str, str], list[int]] = {}
    for place in places:
        parts.setdefault(top(("bidder", tender[place], bidder[place])), []).append(place)
    return parts.values()


_REGIMES = {"bidding_": "bidding", "procurement_": "procurement", "order_": "procurement"}


def applicable(legal_basis: Iterable[str], regime: str, day: date | None) -> tuple[str, ...]:
    """Those of the rules that were in force on a day and apply under a tender's regime (`entries.regime`)."""
    own = (law for law in legal_basis if regime == "both" or _regime(law) in (regime, None))
    return in_force(tuple(own), day)


def _regime(law: str) -> str | None:
    return next((regime for prefix, regime in _REGIMES.items() if law.startswith(prefix)), None)
