"""One search for everything."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.explore import Explorer
from queries.explore.search import LONGEST_NAME
from tests.queries.explore.conftest import TOWN, Make


def found(explorer: Explorer, q: str, **more: object) -> list[tuple[str, str]]:
    hits = explorer.search(q, **more)  # type: ignore[arg-type]
    return [(hit.node.key, hit.matched_by) for hit in hits.items]


def test_equal_before_beginning_before_inside(town: Explorer) -> None:
    assert found(town, "岚州建设") == [("O2", "name"), ("O1", "name"), ("O3", "name")]


def test_one_character_is_enough(town: Explorer) -> None:
    assert {key for key, _ in found(town, "岚")} == {"G1", "O1", "O2", "O3"}


@pytest.mark.parametrize("q", ["岚州建设(集团)", "岚州建设（集团）", " 岚州 建设（集团) "])
def test_width_and_blanks_do_not_matter(town: Explorer, q: str) -> None:
    assert found(town, q) == [("O1", "name")]


@pytest.mark.parametrize(
    ("q", "key", "by"),
    [
        ("lanzhoujianshe", "O2", "pinyin"),
        ("lan zhou jian she", "O2", "pinyin"),
        ("ＬＡＮＺＨＯＵＪＩＡＮＳＨＥ", "O2", "pinyin"),
        ("zhangchongqing", "P1", "pinyin"),
        ("zcq", "P1", "initials"),
        ("lzsczj", "G1", "initials"),
        ("91380102ma", "O1", "id"),
        ("91380102MA0000001X", "O1", "id"),
        ("LJ38", "T1", "id"),
        ("T1", "T1", "id"),
    ],
)
def test_pinyin_initials_and_codes(town: Explorer, q: str, key: str, by: str) -> None:
    assert found(town, q)[0] == (key, by)


def test_pinyin_begins_at_a_syllable(town: Explorer) -> None:
    assert found(town, "hou") == []  # in zhou, but not a syllable of its own
    assert found(town, "zhou") != []


def test_kinds_and_regions(town: Explorer) -> None:
    assert found(town, "岚州", kinds=["public_body"]) == [("G1", "name")]
    assert {key for key, _ in found(town, "岚州", regions=["380100"])} == {"G1", "O1", "O2"}
    assert found(town, "岚州", regions=["380200"]) == [("O3", "name")]
    assert {key for key, _ in found(town, "岚州", regions=["380000"])} == {"G1", "O1", "O2", "O3"}
    assert found(town, "岚州", regions=[]) == []


def test_pages_lose_nothing(province: Explorer) -> None:
    whole = [hit.node.id for hit in province.search("有限公司", limit=10_000).items]
    assert len(whole) == len(set(whole)) == province.search("有限公司", limit=1).total > 100
    paged = [
        hit.node.id
        for offset in range(0, len(whole), 37)
        for hit in province.search("有限公司", limit=37, offset=offset).items
    ]
    assert paged == whole


def test_who_is_withheld_is_counted_apart_on_every_page(town: Explorer) -> None:
    everybody = [key for key, _ in found(town, "岚州")]
    for hidden in (["O1"], ["O1", "O3", "nobody"], everybody):
        left = [key for key in everybody if key not in hidden]
        for at in range(len(everybody)):
            page = town.search("岚州", limit=1, offset=at, withhold=hidden)
            assert [hit.node.key for hit in page.items] == left[at : at + 1]
            assert (page.total, page.withheld) == (len(left), len(everybody) - len(left))


def test_a_query_longer_than_the_index_keeps(explore: Make) -> None:
    long = "岚江省岚州市和溪县城关镇第一中学教学楼及附属设施改造提升工程施工总承包项目"
    other = "岚江省岚州市和溪县城关镇第二中学教学楼及附属设施改造提升工程施工总承包项目"
    explorer = explore(
        {"orgs": [{"org_id": f"O{n}", "name": name, "org_type": "private"} for n, name in enumerate((long, other))]}
    )
    assert found(explorer, long) == [("O0", "name")]
    assert found(explorer, long[:12]) == [("O0", "name"), ("O1", "name")]
    assert found(explorer, long[3:25]) == [("O0", "name")]
    # Its beginning and its end stand in the name, but not together.
    assert found(explorer, long[:8] + long[-8:]) == []


def test_a_name_of_any_length_takes_a_bounded_index(explore: Make) -> None:
    long = "长" * 10_000
    explorer = explore(
        {
            "orgs": [
                {"org_id": f"O{n}", "name": name, "org_type": "private"}
                for n, name in enumerate((f"岚州建设{long}", long))
            ]
        }
    )
    assert found(explorer, "岚州建设长长") == [("O0", "name")]
    assert {key for key, _ in found(explorer, "长长长")} == {"O0", "O1"}
    names = sorted(explorer.snapshot.path.glob("graph/explore-*/name.keys.npy"))
    assert len(np.load(names[0])) == 2 * LONGEST_NAME


@pytest.mark.parametrize(
    "q",
    [
        "%",
        "_",
        "*",
        "' OR 1=1 --",
        '"; DROP TABLE cards; --',
        "}) DETACH DELETE n //",
        "$id",
        "\\",
        "\x00",
        "\ud800",
        "",
    ],
)
def test_injection_finds_nothing_and_changes_nothing(town: Explorer, q: str) -> None:
    before = town.search("岚州").as_dict()
    assert town.search(q).total == 0
    assert town.search("岚州").as_dict() == before


def test_script_in_a_name_is_only_a_name(town: Explorer) -> None:
    assert found(town, "<script>") == [("O4", "name")]


def test_phone_and_account_numbers_cannot_be_guessed(town: Explorer) -> None:
    for q in ("13812341234", "1381", "138****1234", "6217000988641975321", "6217", "zhangsan@example.cn"):
        assert found(town, q) == []


NAMES = [row["name"] for table in ("orgs", "persons") for row in TOWN[table]] + ["老旧小区改造项目"]


@settings(max_examples=300, deadline=None)
@given(q=st.one_of(st.text(max_size=12), st.text(alphabet="岚州建设新材料有限公司重庆张", min_size=1, max_size=9)))
def test_found_by_name_is_what_contains_the_query(town: Explorer, q: str) -> None:
    def plain(text: str) -> str:
        return "".join(unicodedata.normalize("NFKC", text).casefold().split())

    expected = sorted(name for name in NAMES if plain(q) and plain(q) in plain(name))
    hits = town.search(q, limit=100)
    assert sorted(hit.node.name for hit in hits.items if hit.matched_by == "name") == expected
    assert hits.total == len(hits.items)
