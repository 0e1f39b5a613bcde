"""Persons and what ties them to bodies: roles, posts, kin and contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from loaders.sample import codes, names
from loaders.sample.columns import Bools, Ints, constant, dates, ident, joined, numbers, picked
from loaders.sample.context import OPEN, Context, day

_RANKS = ("正科级", "副科级", "一级科员", "四级主任科员")


@dataclass(frozen=True, slots=True)
class Staff:
    """People of the firms, one number per firm; none of them serves a second firm."""

    legal_rep: Ints
    handler: Ints
    technical: Ints
    safety: Ints
    state_owned: Bools


def write_persons(ctx: Context, count: int) -> Ints:
    """Write `count` persons and return their numbers."""
    person = ctx.serials.take("person", count)
    ctx.files.append(
        "persons",
        {
            "person_id": ident("P", person),
            "name": names.person_names(ctx.rng, count),
            "id_number": codes.text_array(codes.identity_numbers(person)),
        },
    )
    return person


def write_roles(
    ctx: Context,
    prefix: str,
    holder: Ints,
    org: Ints,
    kind: str,
    share: int | Ints,
    since: Ints,
    until: int | Ints = OPEN,
) -> None:
    """Write one role per row; a negative share is none, a negative end is open."""
    count = len(org)
    ctx.files.append(
        "roles",
        {
            "holder_id": ident(prefix, holder),
            "org_id": ident("O", org),
            "kind": constant(kind, count),
            "share_pct": numbers(np.broadcast_to(np.asarray(share), count)),
            "valid_from": dates(since),
            "valid_to": dates(np.broadcast_to(np.asarray(until), count)),
        },
    )


def staff_firms(ctx: Context, org: Ints, city: Ints, state_owned: Bools) -> Staff:
    """Write the people of firms: heads, owners, officers and staff, with a past head for some of them."""
    rng, count = ctx.rng, len(org)
    legal, partner, supervisor, finance, handler, technical, safety, former = (
        write_persons(ctx, count) for _ in range(8)
    )
    since = rng.integers(day("2008-01-01"), day("2016-12-31"), count)
    changed = rng.random(count) < 0.2
    change_day = rng.integers(day("2017-06-01"), day("2018-12-31"), count)
    write_roles(ctx, "P", legal, org, "legal_rep", OPEN, np.where(changed, change_day, since))
    write_roles(ctx, "P", former[changed], org[changed], "legal_rep", OPEN, since[changed], change_day[changed] - 1)
    private = ~state_owned
    share = rng.integers(51, 96, count)
    write_roles(ctx, "P", legal[private], org[private], "shareholder", share[private], since[private])
    write_roles(ctx, "P", partner[private], org[private], "shareholder", 100 - share[private], since[private])
    offices = ctx.province.state_asset_offices[city[state_owned]]
    write_roles(ctx, "O", offices, org[state_owned], "actual_controller", OPEN, since[state_owned])
    for kind, holder in (
        ("supervisor", supervisor),
        ("finance", finance),
        ("employee", handler),
        ("employee", technical),
        ("employee", safety),
    ):
        write_roles(ctx, "P", holder, org, kind, OPEN, since)
    married = private & (rng.random(count) < 0.3)
    _write_kin(ctx, legal[married], partner[married], "spouse")
    return Staff(legal, handler, technical, safety, state_owned)


def _write_kin(ctx: Context, a: Ints, b: Ints, relation: str) -> None:
    ctx.files.append(
        "kinship",
        {
            "person_a": ident("P", a),
            "person_b": ident("P", b),
            "relation": constant(relation, len(a)),
            "valid_from": dates(ctx.rng.integers(day("1990-01-01"), day("2008-12-31"), len(a))),
        },
    )


def addresses(serials: Ints) -> Any:
    """Street addresses, unique for unique serials."""
    return joined(
        picked(names.STREETS, serials % len(names.STREETS)),
        pc.binary_join_element_wise(numbers(serials // len(names.STREETS) + 1).cast("string"), "号", ""),
    )


def account_texts(serials: Ints) -> Any:
    """Account numbers as text: the account `write_contacts` writes for the same serial."""
    return numbers(codes.account_numbers(serials)).cast("string")


def write_contacts(ctx: Context, owner: Ints, prefix: str, serial: Ints, *, email: bool) -> None:
    """Write a phone, an address and an account per owner (an e-mail too if asked); nobody shares one."""
    values = {
        "phone": numbers(codes.phone_numbers(serial)).cast("string"),
        "address": addresses(serial),
        "account": account_texts(serial),
    }
    if email:
        values["email"] = joined(ident("lj", serial), "@example.cn")
    for kind, value in values.items():
        ctx.files.append(
            "contacts",
            {
                "owner_id": ident(prefix, owner),
                "kind": constant(kind, len(owner)),
                "value": value,
                "valid_from": dates(np.full(len(owner), day("2016-01-01"))),
            },
        )


def write_officials(ctx: Context, org: Ints) -> dict[str, Ints]:
    """Write the officials of bodies: a head (changed in 2022), a deputy, a finance head, a clerk; and their kin.

    The deputy approves, the finance head pays, the clerk handles purchases, over the whole period.
    """
    rng, count = ctx.rng, len(org)
    change = rng.integers(day("2021-06-01"), day("2022-12-31"), count)
    start = rng.integers(day("2014-01-01"), day("2017-12-31"), count)
    posts = (
        ("former_head", "局长", 0, "approve;supervise", start, change - 1),
        ("head", "局长", 0, "approve;supervise", change, np.full(count, OPEN)),
        ("deputy", "副局长", 1, "approve;procure", start, np.full(count, OPEN)),
        ("finance", "财务科科长", 2, "pay", start, np.full(count, OPEN)),
        ("clerk", "采购办工作人员", 3, "evaluate;procure", start, np.full(count, OPEN)),
    )
    persons: dict[str, Ints] = {}
    for name, title, rank, powers, since, until in posts:
        persons[name] = write_persons(ctx, count)
        ctx.files.append(
            "posts",
            {
                "person_id": ident("P", persons[name]),
                "org_id": ident("O", org),
                "title": constant(title, count),
                "rank": constant(_RANKS[rank], count),
                "powers": constant(powers, count),
                "valid_from": dates(since),
                "valid_to": dates(until),
            },
        )
        for relation in ("spouse", "child"):
            kin = write_persons(ctx, count)
            _write_kin(ctx, persons[name], kin, relation)
    return persons
