"""Small named worlds, built act by act: the ground on which patterns and their innocent twins are planted.

Every act is complete and clean unless a plant bends it: a firm has its own people, machine, account and
certificates; a tender has its bids, deposits and members; a contract is paid within its term. The rows of a
bid stay within reach (`Bid.device`, `Bid.deposit`, …) until the chunk is flushed, so a plant changes exactly
the cells that make its pattern.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loaders.sample import codes, names
from loaders.sample.columns import Ints
from loaders.sample.context import Context, day
from loaders.sample.economy.parties import machines
from loaders.sample.parties import LONG_AGO, WAN, Body, Firm, Row, iso, yuan

_MACHINES_AT_ONCE = 64


class People:
    """Persons, bodies and what ties them; writes rows into memory until `flush`."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.rng = ctx.rng
        self.rows: dict[str, list[Row]] = {}
        self._org_numbers: list[int] = []
        self._org_codes: list[str] = []
        self._machines: list[Row] = []

    def add(self, table: str, **columns: str | int | float | None) -> Row:
        """Add a row; `None` is an empty cell."""
        row = {name: str(value) for name, value in columns.items() if value is not None}
        self.rows.setdefault(table, []).append(row)
        return row

    def serial(self, kind: str, prefix: str, width: int = 8) -> str:
        """A new identifier."""
        return f"{prefix}{self.ctx.serials.one(kind):0{width}d}"

    def between(self, low: int, high: int) -> int:
        """A whole number, low ≤ n < high."""
        return int(self.rng.integers(low, high))

    def person(self, name: str | None = None) -> str:
        """A person; the name is drawn when none is given."""
        person = self.serial("person", "P")
        self.add("persons", person_id=person, name=name)
        return person

    def role(
        self,
        holder: str,
        org: str,
        kind: str,
        share: float | None = None,
        since: int = LONG_AGO,
        until: int | None = None,
    ) -> Row:
        """A role or stake of a person or body in a body."""
        return self.add(
            "roles",
            holder_id=holder,
            org_id=org,
            kind=kind,
            share_pct=share,
            valid_from=iso(since),
            valid_to=None if until is None else iso(until),
        )

    def kin(self, a: str, b: str, relation: str = "sibling") -> Row:
        """Kinship of two persons."""
        return self.add("kinship", person_a=a, person_b=b, relation=relation, valid_from="1990-01-01")

    def contact(
        self, owner: str, kind: str, value: str | None = None, since: int = LONG_AGO, until: int | None = None
    ) -> str:
        """A phone, e-mail, address or account; a new one when no value is given. Returns the value."""
        if value is None:
            number = self.ctx.serials.one("contact")
            value = {
                "phone": str(int(codes.phone_numbers([number])[0])),
                "account": str(int(codes.account_numbers([number])[0])),
                "email": f"lj{number:08d}@example.cn",
                "address": f"{names.STREETS[number % len(names.STREETS)]}{number // len(names.STREETS) + 1}号",
            }[kind]
        self.add(
            "contacts",
            owner_id=owner,
            kind=kind,
            value=value,
            valid_from=iso(since),
            valid_to=None if until is None else iso(until),
        )
        return value

    def org(
        self,
        business: str,
        *,
        org_type: str = "private",
        size: str = "small",
        legal_rep: str | None = None,
        city: int | None = None,
        name: str | None = None,
        parent: str | None = None,
    ) -> Row:
        """A body without people of its own but its head (drawn when not given for a firm). Returns its row."""
        number = self.ctx.serials.one("org")
        city = self.between(0, len(names.CITIES)) if city is None else city
        org = f"O{number:08d}"
        public = org_type in ("government", "institution")
        if legal_rep is None and not public:
            legal_rep = self.person()
        if legal_rep:
            self.role(legal_rep, org, "legal_rep")
        self._org_numbers.append(number)
        self._org_codes.append(
            {"government": codes.GOVERNMENT, "institution": codes.INSTITUTION}.get(org_type, codes.BUSINESS)
        )
        return self.add(
            "orgs",
            org_id=org,
            name=name,
            org_type=org_type,
            size=size,
            legal_rep_id=legal_rep,
            registered_capital=yuan(self.between(1, 50) * 100 * WAN),
            employees=self.between(8, 300),
            established_on=iso(self.between(day("2001-01-01"), day("2007-01-01"))),
            status="active",
            region=names.CITY_REGIONS[city] + 1 + number % 8,
            industry=business,
            parent_org_id=parent,
        )

    def firm(
        self,
        trade: str = "building",
        *,
        size: str = "small",
        legal_rep: str | None = None,
        owners: Sequence[tuple[str, float]] | None = None,
        org_type: str = "private",
        qualified: bool = True,
        address: str | None = None,
        phone: str | None = None,
    ) -> Firm:
        """A firm able to bid: people, contacts, machine, qualification, a registered project manager.

        `owners` are (holder, share in percent); by default one new person owns it all. Pass an existing
        person as `legal_rep`, or a shared `address` or `phone`, to tie firms together.
        """
        kind = names.TRADES.index(trade)
        row = self.org(names.TRADE_SUFFIXES[kind], org_type=org_type, size=size, legal_rep=legal_rep or self.person())
        org = row["org_id"]
        owners = [(self.person(), 100.0)] if owners is None else owners
        for holder, share in owners:
            self.role(holder, org, "shareholder", share)
        supervisor, finance, handler, technical = (self.person() for _ in range(4))
        self.role(supervisor, org, "supervisor")
        self.role(finance, org, "finance")
        for worker in (handler, technical):
            self.role(worker, org, "employee")
        manager, certificate = self.project_manager(org)
        row["address"] = self.contact(org, "address", address)
        if qualified:
            self.add(
                "qualifications",
                org_id=org,
                kind=names.TRADE_QUALIFICATIONS[kind],
                grade="二级",
                certificate_no=self.serial("certificate", "ZZ", 9),
                valid_from="2017-01-01",
                valid_to="2027-12-31",
            )
        return Firm(
            id=org,
            trade=trade,
            city=(int(row["region"]) - names.CITY_REGIONS[0]) // 100,
            legal_rep=row["legal_rep_id"],
            owner=owners[0][0] if owners else "",
            supervisor=supervisor,
            finance=finance,
            handler=handler,
            technical=technical,
            manager=manager,
            certificate=certificate,
            account=self.contact(org, "account"),
            phone=self.contact(org, "phone", phone),
            email=self.contact(org, "email"),
            machine=self.machine(),
            row=row,
        )

    def project_manager(self, org: str) -> tuple[str, str]:
        """A new registered project manager of a firm, insured there. Returns the person and the certificate."""
        manager = self.person()
        self.role(manager, org, "employee")
        certificate = self.serial("certificate", "JZ", 9)
        self.add(
            "registrations",
            person_id=manager,
            org_id=org,
            kind="注册建造师",
            certificate_no=certificate,
            insured_org_id=org,
            valid_from="2017-01-01",
            valid_to="2027-12-31",
        )
        return manager, certificate

    def machine(self) -> Row:
        """A machine and tools nobody else has."""
        if not self._machines:
            made = machines(self.ctx, _MACHINES_AT_ONCE)
            self._machines = [{name: str(made[name][i]) for name in made} for i in range(_MACHINES_AT_ONCE)]
        return self._machines.pop()

    def body(self, org_type: str = "soe", *, size: str = "medium", word: str | None = None) -> Body:
        """A buying body with officials; by default a state firm of medium size, bound by no statutory term."""
        city = self.between(0, len(names.CITIES))
        word = word or {"soe": "城市建设投资有限公司", "institution": "中心医院"}.get(org_type, "水务局")
        number = self.ctx.serials.one("body")
        row = self.org(
            "国家机构" if org_type == "government" else "公共服务",
            org_type=org_type,
            size=size,
            city=city,
            name=f"{names.CITIES[city]}{names.county(7 * number + 3)}第{number}{word}",
        )
        row["address"] = self.contact(row["org_id"], "address")
        head, finance, clerk = (
            self.official(row["org_id"], *post)
            for post in (
                ("主要负责人", "正科级", "approve;supervise"),
                ("财务负责人", "副科级", "pay"),
                ("采购经办人", "一级科员", "evaluate;procure"),
            )
        )
        return Body(row["org_id"], city, head, finance, clerk, self.contact(row["org_id"], "account"))

    def official(
        self,
        org: str,
        title: str,
        rank: str,
        powers: str | None,
        since: int = LONG_AGO,
        until: int | None = None,
        person: str | None = None,
    ) -> str:
        """A person holding a post of a body."""
        person = person or self.person()
        self.add(
            "posts",
            person_id=person,
            org_id=org,
            title=title,
            rank=rank,
            powers=powers,
            valid_from=iso(since),
            valid_to=None if until is None else iso(until),
        )
        return person

    def disclose(self, org: str, item: str, published: int, ref: str | None = None, due: int | None = None) -> Row:
        """Something a body made public, on the day it was due unless said otherwise."""
        return self.add(
            "disclosures",
            org_id=org,
            item=item,
            due_on=iso(published if due is None else due),
            published_on=iso(published),
            ref_id=ref or self.serial("disclosure", "GK"),
        )

    def flush(self) -> None:
        """Write the rows, with names and numbers for those who were not named, and forget them."""
        orgs, persons = self.rows.get("orgs", []), self.rows.get("persons", [])
        if orgs:
            regions = [int(row["region"]) for row in orgs]
            numbers: Ints = np.array(self._org_numbers)
            for row, code in zip(orgs, codes.uscc(numbers, self._org_codes, regions), strict=True):
                row["uscc"] = code
            brands = names.brands(numbers).to_pylist()
            for row, brand in zip(orgs, brands, strict=True):
                row.setdefault("name", f"{names.PROVINCE[:2]}{brand}{row['industry']}有限公司")
        if persons:
            drawn = names.person_names(self.rng, len(persons)).to_pylist()
            serials = [int(row["person_id"][1:]) for row in persons]
            for row, name, number in zip(persons, drawn, codes.identity_numbers(serials), strict=True):
                row.setdefault("name", name)
                row["id_number"] = number
        for table, rows in self.rows.items():
            self.ctx.files.append_rows(table, rows)
        self.rows.clear()
        self._org_numbers.clear()
        self._org_codes.clear()
