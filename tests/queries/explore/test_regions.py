"""Divisions are named by GB/T 2260 and by the governments in the data, never wrongly."""

from __future__ import annotations

import pytest

from i18n import Text
from queries.explore.regions import region_names, romanised, spoken_region
from tests.queries.explore.conftest import Make


def _bodies(*named: tuple[str, str]) -> dict[str, list[dict[str, str]]]:
    return {
        "orgs": [
            {"org_id": f"G{n}", "name": name, "org_type": "government", "region": region}
            for n, (region, name) in enumerate(named)
        ]
    }


def test_a_city_is_named_by_its_government_alone(explore: Make) -> None:
    names = region_names(
        explore(
            _bodies(
                ("380100", "岚州市人民政府"),
                ("380100", "岚州市人民政府国有资产监督管理委员会"),
                ("380102", "和溪县人民政府"),
                ("380102", "城关镇人民政府"),
                ("380000", "岚江省财政厅"),
                ("380100", "岚江省高速公路厅"),
                ("380103", "甲县人民政府"),
                ("380103", "乙县人民政府"),
            )
        ).search
    )
    assert names["380100"] == Text(zh="岚州市", en="Lanzhou")
    assert names["380000"].zh == "岚江省"
    assert names["380102"].zh == "和溪县"
    assert "380103" not in names, "two claim it: no name is better than a wrong one"
    assert names["430000"] == Text(zh="湖南省", en="Hunan")
    assert list(names) == sorted(names)


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("岚江省", "Lanjiang"),
        ("重庆市", "Chongqing"),
        ("西安市", "Xi'an"),
        ("海淀区", "Haidian District"),
        ("和溪县", "Hexi County"),
        ("阿拉善左旗", "Alashanzuo Banner"),
        ("恩施土家族苗族自治州", "恩施土家族苗族自治州"),
        ("A1区", "A1区"),
        ("县", "县"),
    ],
)
def test_a_division_has_an_english_name_of_pinyin(name: str, english: str) -> None:
    assert romanised(name) == english


def test_a_code_without_a_name_is_said_with_the_division_above() -> None:
    names = {"380100": Text(zh="岚州市", en="岚州市"), "430000": Text(zh="湖南省", en="Hunan")}
    assert spoken_region("380100", names) == names["380100"]
    assert spoken_region("380107", names) == Text(zh="岚州市（380107）", en="岚州市 (380107)")
    assert spoken_region("430107", names) == Text(zh="湖南省（430107）", en="Hunan (430107)")
    assert spoken_region("990000", names) is None
    assert spoken_region(None, names) is None
