"""The dossier: everything in it, in both languages; hostile texts are text; it asks for nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from i18n import LANGUAGES, Language
from tests.viz.offline import Opener, browser
from tests.viz.sample import HOSTILE, MARK, bundle, party, poisoned
from viz.dossier import finding_dossier, party_dossier, to_pdf
from viz.plain import plain

ALL_HOSTILE = "¦".join(text for text in HOSTILE if len(text) < 1_000)
LONG = max(HOSTILE, key=len)


@pytest.fixture(scope="module")
def opened() -> Iterator[Opener]:
    with browser() as opener:
        yield opener


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_the_lead_rests_on_stands_in_the_dossier(language: Language) -> None:
    page = finding_dossier(bundle(), language, MARK)
    said = bundle()
    for words in (
        said["document"]["reasons"][1][language],
        said["detector_meta"]["why"][language],
        said["document"]["innocent"][0]["basis"][language],
        said["laws"][0]["article"][language],
        {"zh": "来源：1997年3月14日修订", "en": "Source: revised on 14 March 1997"}[language],
        said["history"][0]["note"],
        said["comments"][0]["text"],
        "debts:1cc33c983952e496",
        "3ab1558988894970",
        "00ea0fc279a303b0",
        "0123456789abcdef",
        "li.investigator",
        "2026-03-31 08:15:00 UTC",
        {"zh": "长期供应商", "en": "Long-standing supplier"}[language],
        {"zh": "现有数据无法核验", "en": "not checkable with this data"}[language],
        {"zh": "86.16 万元", "en": "CNY 861,600.15"}[language],
        {"zh": "2022年6月30日 – 2022年7月9日", "en": "30 June 2022 – 9 July 2022"}[language],
        {"zh": "6 笔", "en": "6×"}[language],
        {"zh": "清偿后的统计期限（天）", "en": "Days after the release."}[language],
        {"zh": "支付形式：以物抵债", "en": "form: in kind"}[language],
    ):
        assert words in page, words
    assert "<svg" in page


def test_the_same_lead_gives_the_same_bytes() -> None:
    assert finding_dossier(bundle(), "zh", MARK) == finding_dossier(bundle(), "zh", MARK)


def test_a_lead_with_nothing_but_its_document_has_a_dossier_too() -> None:
    bare = {"document": bundle()["document"] | {"amount": None, "innocent": [], "parameters": {}, "period": None}}
    assert "00d5eb6da41651e4755c" in finding_dossier(bare, "en", MARK)


def test_the_picture_says_what_it_leaves_out() -> None:
    many = bundle()
    many["graph"]["nodes"] += [
        {"id": f"Party/X{n}", "key": f"X{n}", "label": "Party", "kind": "firm", "name": f"firm {n}"} for n in range(100)
    ]
    many["graph"]["total"] = 312
    page = finding_dossier(many, "en", MARK)
    assert "60 of 312 nodes" in page
    assert page.count('class="picture"') == 1
    assert "岚江盛振科商贸有限" in page.split("<svg")[1].split("</svg>")[0], "the matter's own firms are kept"


def test_hostile_texts_are_shown_as_text_and_ask_for_nothing(opened: Opener, tmp_path: Path) -> None:
    lead, someone = poisoned(bundle(), ALL_HOSTILE), poisoned(party(), ALL_HOSTILE)
    for node in (lead["graph"]["nodes"][1], someone["profile"]["node"]):
        node["name"] += LONG
    lead["history"][0]["note"] += LONG
    for name, page in (
        ("finding", finding_dossier(lead, "zh", MARK)),
        ("party", party_dossier(someone, "en", MARK)),
    ):
        file = tmp_path / f"{name}.html"
        file.write_text(page, encoding="utf-8")
        shown, heard = opened(file)
        assert heard.requests == []
        assert heard.dialogs == []
        assert heard.complaints == []
        assert shown.locator("script, img, iframe, object, a[href], [onerror], [onload]").count() == 0
        seen = " ".join(shown.locator("body").inner_text().split())
        for text in HOSTILE:
            assert " ".join(plain(text).split())[:200] in seen, text[:40]
        shown.close()


def test_a_long_table_is_whole_on_the_screen_and_says_in_print_what_it_leaves_out() -> None:
    many = bundle()
    many["records"] = {"items": [many["records"][0] | {"row": n} for n in range(10_000, 10_250)], "total": 250}
    page = finding_dossier(many, "en", MARK)
    assert all(f'<td class="number">{n}</td>' in page for n in range(10_000, 10_250))
    text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(to_pdf(page))).pages)
    assert "10099" in text
    assert "10100" not in text
    assert "the first 100 of 250 rows" in " ".join(text.split())


def test_a_hostile_mark_stays_inside_the_style_sheet(opened: Opener, tmp_path: Path) -> None:
    mark = MARK.__class__(user='x"; } </style><script>alert(1)</script>', at=MARK.at, purpose="\\22 ; @import 'y';\n}")
    file = tmp_path / "mark.html"
    file.write_text(finding_dossier(bundle(), "en", mark), encoding="utf-8")
    shown, heard = opened(file)
    assert (heard.requests, heard.dialogs, heard.complaints) == ([], [], [])
    assert shown.locator("script").count() == 0
    assert "<script>alert(1)</script>" in shown.locator("footer").inner_text()
    shown.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_printed_page_names_lead_snapshot_mark_and_number(language: Language) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(finding_dossier(bundle(), language, MARK))))
    texts = [page.extract_text() for page in pdf.pages]
    assert len(texts) > 1
    for number, text in enumerate(texts, start=1):
        assert "00d5eb6da41651e4755c" in text
        assert "00ea0fc279a303b0" in text
        assert "li.investigator" in text
        assert f"{number} / {len(texts)}" in text
    assert float(pdf.pages[0].mediabox.width) == pytest.approx(595.28, abs=0.1), "A4"
    assert "岚江盛振科商贸有限公司" in "".join(texts)


def test_fonts_with_chinese_are_embedded_in_the_pdf() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(finding_dossier(bundle(), "zh", MARK))))
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert descriptors
    assert all(any(key in font for key in ("/FontFile", "/FontFile2", "/FontFile3")) for font in descriptors)
    assert any(re.search("CJK|Song|Hei|SC", str(font["/FontName"])) for font in descriptors)


def test_hostile_texts_are_text_in_the_pdf_too() -> None:
    some = poisoned(bundle(), "<script>x</script>\u202e\x00{{7*7}}=1+1")
    some["document"]["reasons"] = [{"zh": "长" * 10_000, "en": "w" * 10_000}]
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(finding_dossier(some, "zh", MARK))))
    text = "".join("".join(page.extract_text().split()) for page in pdf.pages)
    assert "<script>x</script>[U+202E][U+0000]{{7*7}}=1+1" in text
    assert text.count("长") >= 10_000
    assert not any("/Annots" in page for page in pdf.pages)
