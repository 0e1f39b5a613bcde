"""Every text in both languages, and every key that the code asks for."""

from __future__ import annotations

import re
import string

import pytest

from i18n import Text, catalogue, listing, money, section
from tests.conftest import ROOT

FOLDERS = ("graph", "loaders", "queries", "findings", "viz", "api")
CODE = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]


def _fields(value: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(value) if name}


def test_both_languages_are_there_with_the_same_fields() -> None:
    for key, value in catalogue().items():
        assert value.zh.strip(), key
        assert value.en.strip(), key
        assert _fields(value.zh) == _fields(value.en), f"{key} has other fields in one language"


def test_every_key_that_the_code_names_is_in_the_catalogue() -> None:
    sections = "|".join({key.split(".")[0] for key in catalogue()})
    named = re.compile(rf"""text\(\s*["']((?:{sections})\.[a-z_A-Z]+)["']""")
    asked = {key for file in CODE for key in named.findall(file.read_text(encoding="utf-8"))}
    command = (ROOT / "cli.py").read_text(encoding="utf-8")
    asked |= {f"cli.{key}" for key in re.findall(r"""_t\(["']([a-z_]+)["']""", command)}
    assert len(asked) > 40
    assert asked <= catalogue().keys(), asked - catalogue().keys()


def test_no_key_of_the_command_is_left_over() -> None:
    command = (ROOT / "cli.py").read_text(encoding="utf-8")
    used = {f"cli.{key}" for key in re.findall(r"""_t\(["']([a-z_]+)["']""", command)}
    assert {key for key in catalogue() if key.startswith("cli.")} == used


@pytest.mark.parametrize(
    ("name", "files"), [("ocp", "queries/ocp/run.py queries/ocp/command.py"), ("collusion", "queries/collusion/*.py")]
)
def test_a_section_of_its_own_has_just_what_its_command_says(name: str, files: str) -> None:
    code = "".join(file.read_text(encoding="utf-8") for some in files.split() for file in ROOT.glob(some))
    used = {key for key in section(name) if re.search(rf"""["']{key}["']""", code)}
    assert used == section(name).keys()
    assert set(re.findall(r"""\b_t\(\s*["']([a-z_]+)["']""", code)) <= section(name).keys()
    assert {f"{name}.{key}": value for key, value in section(name).items()}.items() <= catalogue().items()


def test_no_section_is_in_two_files() -> None:
    found = [
        line
        for file in (ROOT / "i18n").glob("*.toml")
        for line in re.findall(r"^\[(\w+\.\w+)\]", file.read_text(encoding="utf-8"), re.M)
    ]
    assert len(found) == len(catalogue())


def test_format_gives_each_language_its_own_value() -> None:
    value = Text(zh="共 {n} 家：{names}", en="{n} firms: {names}").format(n=2, names=listing(["甲", Text("乙", "B")]))
    assert value == Text(zh="共 2 家：甲、乙", en="2 firms: 甲, B")


def test_money_is_said_in_each_language() -> None:
    assert money(123_456_789) == Text(zh="123.46 万元", en="CNY 1,234,567.89")
    assert money(999_999) == Text(zh="9,999.99 元", en="CNY 9,999.99")
    assert money(150, "USD") == Text(zh="USD 1.50", en="USD 1.50")
