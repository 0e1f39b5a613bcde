"""Matching against the plain way: every party compared in full, one by one."""

from __future__ import annotations

import functools
import random

import pytest
from rapidfuzz import fuzz

from graph.names import plain_name
from queries.explore import Explorer, candidates
from queries.explore.candidates import PARTY_KINDS
from queries.explore.matching import Candidate, Matches, Query, compare
from queries.explore.search import plain
from queries.explore.shapes import Node
from tests.queries.explore.conftest import Make

QUERIES = 40
_PLAIN = functools.cache(plain)


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
    cards = dict(zip(sorted(pieces), map(len, explorer._index.with_texts(sorted(pieces))), strict=True))
    telling = {piece for piece in pieces if cards[piece] <= candidates._COMMON} or {min(cards, key=cards.__getitem__)}
    plain_names = [(party, _PLAIN(party.name)) for party in parties]
    shared = {party.id: sum(piece in name for piece in telling) for party, name in plain_names}
    sharing = sorted((party for party in parties if shared[party.id]), key=lambda party: -shared[party.id])
    found = sharing[: candidates.CANDIDATES]
    code = plain(query.get("uscc") or "")
    return found + [p for p in parties if code and p not in found and plain(p.properties.get("uscc") or "") == code]


def _ranked(query: Query, parties: list[Node], threshold: float) -> list[Candidate]:
    kept = [candidate for node in parties if (candidate := compare(query, node)).score >= threshold]
    return sorted(kept, key=lambda c: (-c.score, c.node.id))


def _agrees(explorer: Explorer, queries: dict[str, Query], threshold: float) -> None:
    parties = _parties(explorer)
    found = explorer.match(queries, threshold=threshold, limit=5)
    for key, query in queries.items():
        every = _ranked(query, _sharing(query, explorer, parties), threshold)
        assert found[key].total == len(every), query
        assert [c.as_dict() for c in found[key].items] == [c.as_dict() for c in every[:5]]


@pytest.mark.parametrize("threshold", [0.0, 0.7, 1.0])
def test_it_finds_what_comparing_one_by_one_finds(province: Explorer, threshold: float) -> None:
    _agrees(province, _queries(_parties(province)), threshold)


@pytest.mark.parametrize("common", [0, 3, 60])
def test_common_pieces_are_left_out_while_rare_ones_are_there(
    province: Explorer, monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(candidates, "_COMMON", common)
    _agrees(province, _queries(_parties(province)), 0.5)


def test_who_shares_the_most_is_compared(explore: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "CANDIDATES", 1)
    names = {"O1": "哈哈哈哈哈哈", "O2": "哈哈哈笑建筑", "O3": "哈哈哈笑建设"}
    town = explore({"orgs": [{"org_id": k, "name": n, "org_type": "private"} for k, n in names.items()]})
    # A piece that a name repeats counts once; of two that share as many the one whose card stands first.
    found = town.match({"q": {"name": "哈哈哈笑"}, "r": {"name": "哈哈哈"}}, threshold=0)
    assert [c.node.key for c in found["q"].items] == ["O2"]
    assert [c.node.key for c in found["r"].items] == ["O1"]


def test_a_batch_is_answered_as_each_query_alone(province: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    queries = _queries(_parties(province)) | {"nothing": {}, "blank": {"name": "　 "}, "letter": {"name": "司"}}
    alone = {key: province.match({key: query}, threshold=0.3, limit=50)[key] for key, query in queries.items()}
    assert province.match(queries, threshold=0.3, limit=50) == alone
    monkeypatch.setattr(candidates, "_LETTERS", 25)  # one name or two at a time
    assert province.match(queries, threshold=0.3, limit=50) == alone
    assert province.match({}) == {}


def test_scores_and_their_sentences(town: Explorer) -> None:
    def said(key: str = "O1", **query: str) -> tuple[float, list[tuple[str, float, str]]]:
        (found,) = town.match({"q": query}, threshold=0.1, keys={key})["q"].items  # type: ignore[dict-item]
        return found.score, [(f.feature, f.score, f.text.zh) for f in found.features]

    equal = ("name", 1.0, "名称一致（不计全半角、括号及公司形式的写法）")
    name, code = "岚州建设(集团)有限责任公司", "91380102MA0000001X"
    assert said(name=name) == (1.0, [equal])
    assert said(name="岚州建设集团") == (0.75, [("name", 0.75, "名称相似度 75%")])
    assert said(name=name, region="380100", kind="firm") == (
        1.0,
        [equal, ("region", 1.0, "行政区划一致"), ("kind", 1.0, "类别一致")],
    )
    assert said(name=name, region="380200", kind="agent", uscc="91380102MA00000020") == (
        0.405,
        [
            equal,
            ("uscc", 0.0, "统一社会信用代码不一致"),
            ("region", 0.0, "行政区划不一致"),
            ("kind", 0.0, "类别不一致"),
        ],
    )
    assert said(name="别的公司", uscc=code.lower())[0] == 1.0
    assert said(uscc=code) == (1.0, [("uscc", 1.0, "统一社会信用代码一致")])
    assert said("P1", name="张重庆") == (0.6, [("name", 0.6, "仅姓名一致，不能排除同名")])
    assert town.match({"q": {"name": "张重"}}, threshold=0.1)["q"].items == ()


def test_of_equal_scores_the_first_by_id_stands_first(explore: Make) -> None:
    names = {"O9": "甲江建设", "O1": "乙江建设", "O10": "丙江建设"}
    town = explore({"orgs": [{"org_id": k, "name": n, "org_type": "private"} for k, n in names.items()]})
    found = town.match({"q": {"name": "丁江建设"}}, threshold=0.5, limit=2)["q"]
    assert [c.node.key for c in found.items] == ["O1", "O10"]
    assert (found.total, {c.score for c in found.items}) == (3, {0.75})


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


def test_who_is_hidden_is_no_candidate(province: Explorer) -> None:
    parties = _parties(province)
    queries = _queries(parties)
    half = {party.key for party in parties[::2]}
    within = ("3801", "380200")

    def kept(**limits: object) -> dict[str, list[Candidate]]:
        return {key: list(found.items) for key, found in limited(**limits).items()}

    def limited(**limits: object) -> dict[str, Matches]:
        return province.match(queries, threshold=0.6, limit=200, **limits)  # type: ignore[arg-type]

    every = kept()
    assert sum(map(len, every.values())) > 500
    ours = {key: [c for c in items if c.node.key not in half] for key, items in every.items()}
    theirs = {key: [c for c in items if c.node.key in half] for key, items in every.items()}
    assert kept(exclude=half) == ours
    assert kept(keys=half) == theirs
    assert kept(regions=within) == {
        key: [c for c in items if (c.node.region or "").startswith(("3801", "3802"))] for key, items in every.items()
    }
    withheld = limited(withhold=half)
    assert {key: list(found.items) for key, found in withheld.items()} == ours
    assert {key: found.withheld for key, found in withheld.items()} == {k: len(items) for k, items in theirs.items()}
    assert {key: found.total for key, found in withheld.items()} == {k: len(items) for k, items in ours.items()}


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
