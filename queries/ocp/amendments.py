"""Whether the lines of a contract grew beyond those of its award, release by release (R066)."""

from __future__ import annotations

from collections.abc import Iterable

from queries.ocp.releases import Contract, ContractedRelease, Line, LinedAward, Release

NO_CONTRACT, NO_LINES, AS_AWARDED, GREW = 0, 1, 2, 3
"""No active contract; an amended one whose lines cannot be compared; none grew; an amended one did."""


def growth(release: Release) -> int:
    """Which of the four a release is; one contract that grew is enough, one that cannot be compared comes next."""
    if not isinstance(release, ContractedRelease):
        return NO_CONTRACT
    active = [contract for contract in release.contracts or () if contract.status == "active"]
    return max((_growth(contract, release.awards or []) for contract in active), key=_RANK.index, default=NO_CONTRACT)


_RANK = (NO_CONTRACT, AS_AWARDED, NO_LINES, GREW)


def _growth(contract: Contract, awards: list[LinedAward]) -> int:
    if not contract.amendments:
        return AS_AWARDED
    own = [award for award in awards if contract.award_id is None or str(award.id) == str(contract.award_id)]
    awarded = _quantities(line for award in own for line in award.items or ())
    signed = _quantities(contract.items or ())
    if not awarded or not signed:
        return NO_LINES
    return GREW if any(_more(quantity, awarded.get(key, 0.0)) for key, quantity in signed.items()) else AS_AWARDED


def _quantities(lines: Iterable[Line]) -> dict[str, float | None]:
    """How much of each line, by its id; None where a line does not say."""
    found: dict[str, float | None] = {}
    for line in lines:
        if line.id is not None:
            key, before = str(line.id), found.get(str(line.id), 0.0)
            found[key] = None if before is None or line.quantity is None else before + line.quantity
    return found


def _more(signed: float | None, awarded: float | None) -> bool:
    """A line that the award has not, whatever its quantity, or one of which there is more."""
    if awarded == 0.0:
        return signed != 0.0
    return signed is not None and awarded is not None and signed > awarded
