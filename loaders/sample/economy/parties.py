"""The parties of one chunk: bidding firms and their people, their suppliers, buyers and their officials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loaders.sample import codes, names
from loaders.sample.columns import Ints, constant, dates, ident, joined, money, numbers, picked
from loaders.sample.context import OPEN, Context, day
from loaders.sample.economy import people

Texts = npt.NDArray[np.object_]

_TRADE_SHARES = (0.22, 0.18, 0.16, 0.12, 0.14, 0.05, 0.05, 0.08)
_SIZES = ("large", "medium", "small", "micro")
_SIZE_SHARES = (0.06, 0.24, 0.45, 0.25)
_SMALLEST_TRADE = 10
BUREAU, HOSPITAL, SCHOOL, STATE_FIRM = range(4)
_BUYER_WORDS = ("交通运输局", "人民医院", "第一中学", "城市建设投资有限公司")
_BUYER_TYPES = ("government", "institution", "institution", "soe")
_BUYER_CODES = (codes.GOVERNMENT, codes.INSTITUTION, codes.INSTITUTION, codes.BUSINESS)
_BUYER_SIZES = ("large", "large", "medium", "medium")
_BUYER_INDUSTRIES = ("国家机构", "卫生", "教育", "商务服务业")


@dataclass(frozen=True, slots=True)
class Firms:
    """Bidding firms, one row each; people and related firms are running numbers."""

    org: Ints
    trade: Ints
    city: Ints
    size: Ints
    weight: npt.NDArray[np.float64]
    handler: Ints
    technical: Ints
    safety: Ints
    legal_rep: Ints
    account: Ints
    supplier: Ints
    labour_sub: Ints
    trade_sub: Ints
    machine: dict[str, Texts]
    """The firm's own machine and tools: ip, mac, cpu_sn, disk_sn, lock_no, ca_no."""


@dataclass(frozen=True, slots=True)
class Buyers:
    """Buying bodies, one row each, with the officials who hold powers over their purchases."""

    org: Ints
    kind: Ints
    city: Ints
    deputy: Ints
    finance: Ints
    clerk: Ints
    account: Ints


def write_firms(ctx: Context) -> Firms:
    """Write the chunk's bidding firms: the firm, its people, its contacts, its own suppliers."""
    rng, count = ctx.rng, max(ctx.tenders // 8, 14 * len(names.TRADES))
    spare = count - _SMALLEST_TRADE * len(names.TRADES)
    trade = np.sort(
        np.concatenate(
            [
                np.repeat(np.arange(len(names.TRADES)), _SMALLEST_TRADE),
                rng.choice(len(names.TRADES), spare, p=_TRADE_SHARES),
            ]
        )
    )
    org = ctx.serials.take("org", count)
    city = rng.integers(0, len(names.CITIES), count)
    size = rng.choice(len(_SIZES), count, p=_SIZE_SHARES)
    staff = people.staff_firms(ctx, org, city, state_owned=rng.random(count) < 0.08)
    address = ctx.serials.take("contact", count)
    _append_orgs(
        ctx,
        org,
        names.firm_names(org, city, picked(names.TRADE_SUFFIXES, trade)),
        picked(("private", "soe"), staff.state_owned.astype(np.int64)),
        picked(_SIZES, size),
        staff.legal_rep,
        city,
        picked(names.TRADE_INDUSTRIES, trade),
        address,
    )
    people.write_contacts(ctx, org, "O", address, email=True)
    _write_state_groups(ctx, org[staff.state_owned], city[staff.state_owned])
    extras = [_write_suppliers(ctx, city, suffix) for suffix in ("建材供应", "建筑劳务", "安装工程")]
    return Firms(
        org=org,
        trade=trade,
        city=city,
        size=size,
        weight=rng.lognormal(0.0, 0.6, count),
        handler=staff.handler,
        technical=staff.technical,
        safety=staff.safety,
        legal_rep=staff.legal_rep,
        account=codes.account_numbers(address),
        supplier=extras[0],
        labour_sub=extras[1],
        trade_sub=extras[2],
        machine=machines(ctx, count),
    )


def machines(ctx: Context, count: int) -> dict[str, Texts]:
    """Fingerprints of `count` machines with their bidding tools, none shared."""
    serial = ctx.serials.take("device", count)
    mixed = serial * 7_919 % 256**3
    octets = np.stack([mixed // 65536, mixed // 256 % 256, mixed % 256], axis=1).tolist()
    made = {
        "ip": [f"100.{64 + a % 64}.{b}.{c}" if a < 64 else f"10.{a}.{b}.{c}" for a, b, c in octets],
        "mac": [f"3C-7C-3F-{a:02X}-{b:02X}-{c:02X}" for a, b, c in octets],
        "cpu_sn": [f"BFEBFBFF{n:08X}" for n in (serial * 48_271 % 2**32).tolist()],
        "disk_sn": [f"WD-WX{n:010d}" for n in (serial * 69_621 % 10**10).tolist()],
        "lock_no": [f"GLD{n:09d}" for n in (serial * 16_807 % 10**9).tolist()],
        "ca_no": [f"LJCA{n:010d}" for n in (serial * 39_373 % 10**10).tolist()],
    }
    return {name: np.array(values, dtype=object) for name, values in made.items()}


def _write_state_groups(ctx: Context, firm: Ints, city: Ints) -> None:
    """A group company between each state firm and its state asset office: no two bidders have one shareholder."""
    count = len(firm)
    group = ctx.serials.take("org", count)
    legal = people.write_persons(ctx, count)
    since = np.full(count, day("2011-06-01"))
    people.write_roles(ctx, "P", legal, group, "legal_rep", OPEN, since)
    people.write_roles(ctx, "O", group, firm, "shareholder", 100, since)
    people.write_roles(ctx, "O", ctx.province.state_asset_offices[city], group, "shareholder", 100, since)
    address = ctx.serials.take("contact", count)
    business = constant("产业集团", count)
    _append_orgs(
        ctx,
        group,
        names.firm_names(group, city, business),
        constant("soe", count),
        constant("large", count),
        legal,
        city,
        business,
        address,
    )
    people.write_contacts(ctx, group, "O", address, email=False)


def _write_suppliers(ctx: Context, city: Ints, suffix: str) -> Ints:
    """One private supplier per firm, of its own, so that no two firms' money meets at a third by chance."""
    count = len(city)
    org = ctx.serials.take("org", count)
    legal = people.write_persons(ctx, count)
    since = ctx.rng.integers(day("2008-01-01"), day("2017-12-31"), count)
    people.write_roles(ctx, "P", legal, org, "legal_rep", OPEN, since)
    people.write_roles(ctx, "P", legal, org, "shareholder", 100, since)
    address = ctx.serials.take("contact", count)
    suffixes = constant(suffix, count)
    _append_orgs(
        ctx,
        org,
        names.firm_names(org, city, suffixes),
        constant("private", count),
        constant("small", count),
        legal,
        city,
        suffixes,
        address,
    )
    people.write_contacts(ctx, org, "O", address, email=False)
    return org


def write_buyers(ctx: Context) -> Buyers:
    """Write a bureau, a hospital, a school and a state construction firm for a county of every city."""
    kind = np.tile(np.arange(4), len(names.CITIES))
    city = np.repeat(np.arange(len(names.CITIES)), 4)
    count = len(kind)
    org = ctx.serials.take("org", count)
    county = names.county(ctx.number)
    address = ctx.serials.take("contact", count)
    _append_orgs(
        ctx,
        org,
        joined(picked(names.CITIES, city), county, picked(_BUYER_WORDS, kind)),
        picked(_BUYER_TYPES, kind),
        picked(_BUYER_SIZES, kind),
        np.full(count, OPEN),
        city,
        picked(_BUYER_INDUSTRIES, kind),
        address,
        kinds=[_BUYER_CODES[k] for k in kind],
    )
    people.write_contacts(ctx, org, "O", address, email=False)
    officials = people.write_officials(ctx, org)
    return Buyers(
        org=org,
        kind=kind,
        city=city,
        deputy=officials["deputy"],
        finance=officials["finance"],
        clerk=officials["clerk"],
        account=codes.account_numbers(address),
    )


def write_agents(ctx: Context) -> Ints:
    """Write the chunk's tender agents."""
    count = 10
    city = ctx.rng.integers(0, len(names.CITIES), count)
    org = ctx.serials.take("org", count)
    legal = people.write_persons(ctx, count)
    since = np.full(count, day("2012-05-01"))
    people.write_roles(ctx, "P", legal, org, "legal_rep", OPEN, since)
    address = ctx.serials.take("contact", count)
    _append_orgs(
        ctx,
        org,
        names.firm_names(org, city, constant("招标代理", count)),
        constant("intermediary", count),
        constant("small", count),
        legal,
        city,
        constant("招标代理服务", count),
        address,
    )
    people.write_contacts(ctx, org, "O", address, email=True)
    return org


def _append_orgs(
    ctx: Context,
    org: Ints,
    name: Any,
    org_type: Any,
    size: Any,
    legal: Ints,
    city: Ints,
    industry: Any,
    address: Ints,
    kinds: list[str] | None = None,
) -> None:
    count = len(org)
    regions = np.asarray(names.CITY_REGIONS)[city] + 1 + org % 8
    rng = ctx.rng
    ctx.files.append(
        "orgs",
        {
            "org_id": ident("O", org),
            "name": name,
            "org_type": org_type,
            "uscc": codes.text_array(codes.uscc(org, kinds or [codes.BUSINESS] * count, regions.tolist())),
            "size": size,
            "legal_rep_id": ident("P", legal),
            "registered_capital": money(rng.integers(5, 500, count) * 10_000_000),
            "employees": numbers(rng.integers(5, 400, count)),
            "established_on": dates(rng.integers(day("2001-01-01"), day("2007-12-31"), count)),
            "status": constant("active", count),
            "region": pa.array([str(r) for r in regions.tolist()]),
            "address": people.addresses(address),
            "industry": industry,
        },
    )
