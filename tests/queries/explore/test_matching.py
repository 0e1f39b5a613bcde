"""Matching against the plain way: every party compared in full, one by one."""

from __future__ import annotations

import random

from rapidfuzz import fuzz

from graph.names import plain_name
from queries.explore import Explorer
from queries.explore.matching import CANDIDATES, PARTY_KINDS, Candidate, Query, compare
from queries.explore.search import plain
from queries.explore.shapes import Node

QUERIES = 40


def _parties(explorer: Explorer) -> list[Node]:
    total = explorer.search("", limit=0).total
    assert total == 0  # an empty search finds nothing: the parties are read from the cards
    cards = explorer._cards
    (count,) = cards._execute("SELECT count(*) FROM cards")[0]
    return [node for node in cards.documents(range(count)) if node.kind in PARTY_KINDS and node.label == "Party"]


def _written(name: str, chance: random.Random) -> str:
    """A name as another office may have written it: a character lost, changed or added, or the brackets widened."""
    at = chance.randrange(len(name))
    return chance.choice(
        [
            name,
            name[:at] + name[at + 1 :],
            name[:at] + chance.choice("岚江建设新华") + name[at + 1 :],
            name[:at] + chance.choice("岚江建设新华") + name[at:],
            name.replace("(", "（").replace("有限公司", "有限责任公司"),
        ]
    )


def _queries(parties: list[Node]) -> dict[str, Query]:
    chance = random.Random(5)
    firms = [party for party in parties if party.kind == "firm"]
    queries: dict[str, Query] = {}
    for number in range(QUERIES):
        party = chance.choice(parties if number % 8 == 0 else firms)
        query: Query = {"name": _written(party.name, chance)}
        if number % 3 == 1:
            query["uscc"] = chance.choice(parties).properties.get("uscc")
        if number % 4 == 1:
            query["region"] = chance.choice([party.region, "380200", "110000"])
        if number % 5 == 1:
            query["kind"] = chance.choice([party.kind, "person"])
        queries[str(number)] = query
    return queries


def _sharing(query: Query, explorer: Explorer, parties: list[Node]) -> list[Node]:
    """The parties that share most pieces of the name, looked for one by one."""
    name = plain(query.get("name") or "")
    pieces = {name[at : at + 3] for at in range(max(1, len(name) - 2))}
    telling = {piece for piece in pieces if len(explorer._index.with_text(piece)) <= 2_000}
    shared = {party.id: sum(piece in plain(party.name) for piece in telling) for party in parties}
    found = sorted((party for party in parties if shared[party.id]), key=lambda party: -shared[party.id])[:CANDIDATES]
    code = plain(query.get("uscc") or "")
    return found + [p for p in parties if code and p not in found and plain(p.properties.get("uscc") or "") == code]


def _ranked(query: Query, parties: list[Node], threshold: float) -> list[Candidate]:
    kept = [candidate for node in parties if (candidate := compare(query, node)).score >= threshold]
    return sorted(kept, key=lambda c: (-c.score, c.node.id))


def test_it_finds_what_comparing_one_by_one_finds(province: Explorer) -> None:
    parties = _parties(province)
    queries = _queries(parties)
    for threshold in (0.0, 0.7, 1.0):
        found = province.match(queries, threshold=threshold, limit=5)
        for key, query in queries.items():
            every = _ranked(query, _sharing(query, province, parties), threshold)
            assert found[key].total == len(every), query
            assert [c.as_dict() for c in found[key].items] == [c.as_dict() for c in every[:5]]


def test_nobody_in_the_whole_province_fits_better(province: Explorer) -> None:
    parties = _parties(province)
    queries = _queries(parties)
    fitting = 0
    for key, query in list(queries.items())[:15]:
        best = _ranked(query, parties, 0.85)[:1]
        fitting += len(best)
        found = province.match({key: query}, threshold=0.85, limit=1)[key].items
        assert [c.score for c in found] == [c.score for c in best]
    assert fitting > 5


def test_who_is_excluded_is_no_candidate(province: Explorer) -> None:
    parties = _parties(province)
    queries = _queries(parties)
    hidden = {party.key for party in parties[::2]}
    for found in province.match(queries, threshold=0.8, limit=50, exclude=hidden).values():
        assert hidden.isdisjoint(candidate.node.key for candidate in found.items)


def test_the_likeness_of_many_names_is_that_of_each(province: Explorer) -> None:
    parties = _parties(province)
    for query in list(_queries(parties).values())[:20]:
        name = query.get("name") or ""
        for candidate in province.match({"q": {"name": name}}, threshold=0.01, limit=50)["q"].items:
            if candidate.node.kind == "firm":
                assert candidate.score == round(fuzz.ratio(plain_name(name), plain_name(candidate.node.name)) / 100, 4)


def test_a_code_leads_to_parties_only(town: Explorer) -> None:
    assert town.match({"q": {"uscc": "LJ38"}}, threshold=0)["q"].total == 0  # the deal code of a tender
    assert [c.node.key for c in town.match({"q": {"uscc": "91380102MA0000001X"}}, threshold=0)["q"].items] == ["O1"]
