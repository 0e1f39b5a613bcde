"""Bidders of one tender that share something: the common shape of most bid-rigging and affiliation detectors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from i18n import Text, listing
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict, numbered
from queries.laws import in_force
from queries.rows import Columns, Rows

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

    `rows` has a row for each bidder and thing it shares, sorted by bidder and thing, with the columns of the select;
    `explained` has what the same bidders share besides, and an innocent explanation accounts for.
    """

    tender_id: str
    day: date | None
    bidders: tuple[str, ...]
    rows: Rows
    explained: Rows | None = None

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

    def verdicts(self, excuses: tuple[GroupExcuse, ...], *, flagged: bool) -> tuple[Excuse, ...]:
        """The verdict on the consortium and on each excuse: one fits only where nothing else is left."""
        consortium = self.consortium_excuse()
        alone = consortium.verdict is Verdict.FITS
        verdicts = [consortium]
        for excuse in excuses:
            rows = self.explained if flagged else self.rows
            touched = excuse.column is not None and rows is not None and any(rows[excuse.column])
            if touched and not flagged and not alone:
                verdicts.append(Excuse(excuse.id, Verdict.FITS, excuse.fits))
            elif touched:
                verdicts.append(Excuse(excuse.id, Verdict.RULED_OUT, excuse.fits if alone else _PART))
            elif excuse.unknown and excuse.not_checkable and any(self.rows[excuse.unknown]):
                gap = excuse.gap is not None and any(self.rows[excuse.gap])
                verdicts.append(Excuse(excuse.id, Verdict.NOT_CHECKABLE, excuse.not_checkable, gap=gap))
            else:
                verdicts.append(Excuse(excuse.id, Verdict.RULED_OUT, excuse.ruled_out))
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
                en="One of them bids in a consortium of which the tender names no other partner, and another names none: "
                "they may be its partners.",
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
        rows: as for `groups`, with the columns of the excuses.
        excuses: innocent explanations of single rows.
        account: what the detector says of a group.
        legal_basis: its rules, of which those that apply to the tender are cited.
    """
    if not len(rows):
        return
    rows = rows.reset_index(drop=True)
    explained = np.zeros(len(rows), dtype=bool)
    for excuse in excuses:
        if excuse.column is not None:
            explained |= rows[excuse.column].to_numpy(dtype=bool)
    left = rows.assign(_unit=_units(rows))[~explained]
    units = left.groupby(["tender_id", "thing"])["_unit"].transform("nunique")
    standing = np.zeros(len(rows), dtype=bool)
    standing[units.index[units > 1]] = True
    beside = rows[~standing]
    places = beside.groupby(["tender_id", "bidder_id"], sort=False).indices if len(beside) else {}
    whole = Columns(beside)
    for part in groups(rows[standing]):
        own = [places[key] for bidder in part.bidders if (key := (part.tender_id, bidder)) in places]
        if own:
            part = replace(part, explained=Rows(whole, np.sort(np.concatenate(own)).tolist()))
        yield _lead(part, excuses, account(part), legal_basis, flagged=True)
    label = _components(rows)
    for group in groups(rows[~np.isin(label, label[standing])]):
        yield _lead(group, excuses, account(group), legal_basis, flagged=False)


def _lead(
    group: Group, excuses: tuple[GroupExcuse, ...], account: Account, legal_basis: tuple[str, ...], *, flagged: bool
) -> Lead:
    rules = group.laws(legal_basis)
    return Lead(
        identity=group.identity,
        # A statutory fact needs a statute that was in force and applies.
        tier=account.tier if rules else max(account.tier, Tier.B),
        entities=(*group.entities(), *account.entities),
        reasons=account.reasons,
        innocent=(*group.verdicts(excuses, flagged=flagged), *account.excuses),
        records=group.records(),
        links=(*group.links(), *account.links),
        score=account.score,
        rank=float(len(group.bidders)) if account.rank is None else account.rank,
        amount=account.amount,
        period=(group.day, group.day),
        laws=rules,
    )


def _units(rows: pd.DataFrame) -> pd.Series:
    """Who makes the bid of each row: the consortium, or else the bidder."""
    return rows["consortium_id"].where(rows["consortium_id"].notna(), rows["bidder_id"])


def groups(rows: pd.DataFrame) -> Iterator[Group]:
    """Connected groups of bidders, tender by tender.

    Args:
        rows: the columns of `MEMBER`, `thing`, `refs` and whatever else the judge wants; bidders of one tender with
            equal `thing` are connected.
    """
    if not len(rows):
        return
    rows = rows.sort_values(["tender_id", "bidder_id", "thing", "bid_key"], kind="stable").reset_index(drop=True)
    # Sorted by tender and bidder, a group's rows may be apart; its order is that of its first row.
    label = _components(rows)
    order = np.argsort(label, kind="stable")
    bounds = np.flatnonzero(np.diff(label[order], prepend=-1, append=-1))
    whole, places = Columns(rows), order.tolist()
    for _, start, end in sorted((places[start], start, end) for start, end in itertools.pairwise(bounds.tolist())):
        part = Rows(whole, places[start:end])
        bidders = tuple(sorted(set(part["bidder_id"])))
        if len(bidders) > 1:
            day = part["day"][0]
            yield Group(part["tender_id"][0], None if day is None else day.date(), bidders, part)


def _components(rows: pd.DataFrame) -> npt.NDArray[np.int32]:
    """For each row, the number of its connected group: bidders of one tender that share things, in any chain."""
    if not len(rows):
        return np.empty(0, dtype=np.int32)
    bidder = rows.groupby(["tender_id", "bidder_id"], sort=False).ngroup().to_numpy()
    thing = rows.groupby(["tender_id", "thing"], sort=False).ngroup().to_numpy()
    size = int(bidder.max()) + 1 + int(thing.max()) + 1
    matrix = coo_array((np.ones(len(rows), dtype=np.int8), (bidder, bidder.max() + 1 + thing)), shape=(size, size))
    _, label = connected_components(matrix, directed=False)
    numbers: npt.NDArray[np.int32] = label[bidder]
    return numbers


_REGIMES = {"bidding_": "bidding", "procurement_": "procurement", "order_": "procurement"}


def applicable(legal_basis: Iterable[str], regime: str, day: date | None) -> tuple[str, ...]:
    """Those of the rules that were in force on a day and apply under a tender's regime (`entries.regime`)."""
    own = (law for law in legal_basis if regime == "both" or _regime(law) in (regime, None))
    return in_force(tuple(own), day)


def _regime(law: str) -> str | None:
    return next((regime for prefix, regime in _REGIMES.items() if law.startswith(prefix)), None)
