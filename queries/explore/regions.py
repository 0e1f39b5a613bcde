"""Names of administrative divisions: provinces by GB/T 2260, the others as the loaded data name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from i18n import Text
from queries.explore.pinyin import HAN, syllables
from queries.explore.shapes import Hits

GOVERNMENT = "人民政府"
"""How the name of a division's government ends; what stands before it is the division's name."""
_LONGEST = 20
"""Characters of a name: 黔东南苗族侗族自治州 has ten, what is longer than twice that is no division."""
_TOWNS = ("镇", "乡", "街道")
"""Below the county: these have no code of their own here and stand under their county's."""
_PAGE = 500
_OFFICE = re.compile(r"(\w{1,8}?(?:省|自治区))\w*厅")
"""An office of a province names it too: 岚江省财政厅."""

_KINDS = {"省": "", "市": "", "盟": "", "地区": "", "县": " County", "区": " District", "旗": " Banner"}
"""How a division's name ends, and what stands for it in English; longer ends first where one ends like another."""

PROVINCES: dict[str, Text] = {
    f"{code}0000": Text(zh=zh, en=en)
    for code, zh, en in (
        (11, "北京市", "Beijing"),
        (12, "天津市", "Tianjin"),
        (13, "河北省", "Hebei"),
        (14, "山西省", "Shanxi"),
        (15, "内蒙古自治区", "Inner Mongolia"),
        (21, "辽宁省", "Liaoning"),
        (22, "吉林省", "Jilin"),
        (23, "黑龙江省", "Heilongjiang"),
        (31, "上海市", "Shanghai"),
        (32, "江苏省", "Jiangsu"),
        (33, "浙江省", "Zhejiang"),
        (34, "安徽省", "Anhui"),
        (35, "福建省", "Fujian"),
        (36, "江西省", "Jiangxi"),
        (37, "山东省", "Shandong"),
        (41, "河南省", "Henan"),
        (42, "湖北省", "Hubei"),
        (43, "湖南省", "Hunan"),
        (44, "广东省", "Guangdong"),
        (45, "广西壮族自治区", "Guangxi"),
        (46, "海南省", "Hainan"),
        (50, "重庆市", "Chongqing"),
        (51, "四川省", "Sichuan"),
        (52, "贵州省", "Guizhou"),
        (53, "云南省", "Yunnan"),
        (54, "西藏自治区", "Tibet"),
        (61, "陕西省", "Shaanxi"),
        (62, "甘肃省", "Gansu"),
        (63, "青海省", "Qinghai"),
        (64, "宁夏回族自治区", "Ningxia"),
        (65, "新疆维吾尔自治区", "Xinjiang"),
        (71, "台湾省", "Taiwan"),
        (81, "香港特别行政区", "Hong Kong"),
        (82, "澳门特别行政区", "Macao"),
    )
}
"""GB/T 2260, two digits."""


def region_names(search: Callable[..., Hits]) -> dict[str, Text]:
    """Names by division code, ordered by code.

    A city or county is named by its government: 岚州市人民政府 in 380100 makes it 岚州市, and 岚江省财政厅 in 380000
    makes that 岚江省. Where several would name it,
    its code is left without a name rather than with a wrong one. Data have no English names: see `romanised`.

    Args:
        search: `Explorer.search` of the snapshot that is open.
    """
    found: dict[str, set[str]] = {}
    for region, name in _governments(search):
        found.setdefault(region, set()).add(name)
    named = {region: Text(zh=name, en=romanised(name)) for region, (name, *others) in found.items() if not others}
    return dict(sorted((named | PROVINCES).items()))


def romanised(name: str) -> str:
    """A division's name in pinyin with its rank in English, as on maps; a name of a minority stays in Chinese.

    >>> romanised("西安市"), romanised("和溪县"), romanised("大理白族自治州")
    ("Xi'an", 'Hexi County', '大理白族自治州')
    """
    end = next((end for end in sorted(_KINDS, key=len, reverse=True) if name.endswith(end)), None)
    place = name.removesuffix(end or "")
    if not end or not place or "自治" in name or HAN.sub("", place):
        return name
    first, *others = syllables(place)
    # 西安 is Xi'an: a syllable that begins with a vowel is set off from the one before.
    return first.capitalize() + "".join(f"'{s}" if s[0] in "aeo" else s for s in others) + _KINDS[end]


def _governments(search: Callable[..., Hits]) -> Iterable[tuple[str, str]]:
    """Divisions and the names that their governments, or a province's offices, give them."""
    for region, body in _bodies(search, GOVERNMENT):
        name = body.removesuffix(GOVERNMENT)
        if name != body and 1 < len(name) <= _LONGEST and not name.endswith(_TOWNS):
            yield region, name
    for region, body in _bodies(search, "厅"):
        office = _OFFICE.fullmatch(body)
        if office and region.endswith("0000"):
            yield region, office[1]


def _bodies(search: Callable[..., Hits], text: str) -> Iterable[tuple[str, str]]:
    """Region and name of every public body whose name has a text."""
    offset, total = 0, 1
    while offset < total:
        hits = search(text, kinds=["public_body"], limit=_PAGE, offset=offset)
        total, offset = hits.total, offset + _PAGE
        for hit in hits.items:
            if hit.node.region:
                yield hit.node.region, hit.node.name or ""


def spoken_region(code: str | None, names: Mapping[str, Text]) -> Text | None:
    """A division's name; below a division that has one: that with the code. None where no part of the code is known."""
    if not code:
        return None
    if code in names:
        return names[code]
    for digits in (4, 2):
        above = names.get(code[:digits].ljust(6, "0"))
        if above:
            return Text(zh=f"{above.zh}（{code}）", en=f"{above.en} ({code})")
    return None
