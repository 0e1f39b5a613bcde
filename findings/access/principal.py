"""Who is asking, and which part of the data that is: the answer to every "may I see this"."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from findings.access.rights import RIGHTS, Right, Role

Via = Literal["session", "key", "oidc", "local"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the leads that a principal sees. An empty set is nothing, None is no limit.

    A limit by region and a limit by agency both hold where both are set. A lead without a region (or agency) is
    outside every limit by region (or agency): what cannot be placed is not shown to a county.
    """

    regions: frozenset[str] | None
    agencies: frozenset[str] | None
    recused: frozenset[str] = frozenset()
    """Parties from whose leads the principal stays away (回避)."""

    @property
    def region_prefixes(self) -> tuple[str, ...] | None:
        """The limit by region as prefixes of division codes, shortest first; None is no limit.

        Codes of GB/T 2260 end in zeros above the county: `330000` is a province, `330100` a city in it. A province
        covers its cities and counties, so `330100` gives `3301`.
        """
        if self.regions is None:
            return None
        return tuple(sorted({region_prefix(region) for region in self.regions}, key=lambda code: (len(code), code)))

    def covers(self, region: str | None, agency: str | None) -> bool:
        """Whether something of this region and agency is inside the limits; recusal is apart, see `sees`."""
        prefixes = self.region_prefixes
        if prefixes is not None and not (region and region.startswith(prefixes)):
            return False
        return self.agencies is None or (agency is not None and agency in self.agencies)

    def sees(self, region: str | None, agency: str | None, parties: Iterable[str]) -> bool:
        """Whether a lead of this region and agency, with these parties in it, may be shown."""
        return self.covers(region, agency) and self.recused.isdisjoint(parties)


NOTHING = Scope(regions=frozenset(), agencies=frozenset())
"""The scope of nobody."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or machine that was authenticated."""

    id: str
    """Of the user, of the key (`key:<id>`), or of the bearer (`oidc:<hash>`): what the audit trail names."""
    name: str
    role: Role
    regions: frozenset[str] | None
    agencies: frozenset[str] | None
    via: Via
    scopes: frozenset[Right] | None = None
    """What a key is narrowed to; None is all that the role may."""
    recused: frozenset[str] = frozenset()
    person_id: str | None = None
    """The id of this person in the data, from which recusal by kin and office follows."""
    owner_id: str | None = None
    """The user who answers for a key. A key and its owner are one person for the rule of two."""

    def may(self, right: Right) -> bool:
        """Whether the role has the right and the key's scopes do not take it away."""
        return right in RIGHTS[self.role] and (self.scopes is None or right in self.scopes)

    def scope(self) -> Scope:
        """The part of the leads that this principal sees; nothing without the right to read leads."""
        if not self.may(Right.FINDINGS_READ):
            return NOTHING
        return Scope(self.regions, self.agencies, self.recused)

    @property
    def accountable_id(self) -> str:
        """The person behind the request: the owner of a key, else the principal itself."""
        return self.owner_id or self.id


def region_prefix(region: str) -> str:
    """The part of a division code that all divisions under it begin with: `330100` gives `3301`.

    Raises:
        ValueError: the code is not two to twelve digits.
    """
    if not (region.isascii() and region.isdecimal() and 2 <= len(region) <= 12):
        raise ValueError(f"a division code is two to twelve digits, this is {region!r}")
    county = region[:6].ljust(6, "0")
    for cut in (2, 4):
        if county[cut:] == "0" * (6 - cut):
            return county[:cut]
    return region[:6] + region[6:].rstrip("0")


def limit(values: Collection[str] | None) -> frozenset[str] | None:
    """A stored list as a limit: None stays no limit, an empty list stays nothing."""
    return None if values is None else frozenset(values)


def common(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    """What two limits both allow; None is no limit."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def common_regions(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    """The divisions that two limits both cover: of a city and a county in it, the county.

    >>> sorted(common_regions(frozenset({"330100", "440300"}), frozenset({"330102", "330105", "110000"})))
    ['330102', '330105']
    """
    if a is None or b is None:
        return common(a, b)
    inner = {x for x in a for y in b if region_prefix(x).startswith(region_prefix(y))}
    return frozenset(inner | {y for y in b for x in a if region_prefix(y).startswith(region_prefix(x))})
