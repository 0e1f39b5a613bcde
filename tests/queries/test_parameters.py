"""What parameters mean, in both languages."""

from __future__ import annotations

import re

import pytest

from i18n import Text
from queries.detector import Detector
from queries.parameters import CODES, chinese, described, filled_rule, spoken
from queries.registry import DETECTORS
from queries.registry import detector as find


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_every_parameter_is_described_in_chinese_and_none_is_left_over(detector: Detector) -> None:
    lines = chinese().get(detector.id, {})
    assert list(lines) == list(detector.parameters.model_fields), f"queries/data/parameters.toml, [{detector.id}]"
    for name, meaning in described(detector).items():
        assert re.search(r"[一-鿿]", meaning.zh), name
        assert re.search(r"[A-Za-z]{3}", meaning.en), name
        assert not meaning.zh.endswith("。"), name


def test_every_table_is_of_a_detector_that_exists() -> None:
    assert chinese().keys() <= {detector.id for detector in DETECTORS}


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_a_number_has_its_unit(detector: Detector) -> None:
    """In both languages: a share is named as one, days are days, percent are percent."""
    units = {"days": "（天|（日|天数", "pct": "%", "yuan": "（元）", "months": "（月）", "years": "（年）"}
    for name, meaning in described(detector).items():
        unit = units.get(name.rsplit("_", 1)[-1])
        assert unit is None or re.search(unit, meaning.zh), f"{name}: {meaning.zh}"


def test_codes_are_said_in_words_and_named_where_they_are_to_be_set() -> None:
    assert spoken("shared_contact", "kinds", ["phone", "account"]) == Text(zh="电话、银行账户", en="phone, account")
    assert spoken("shared_contact", "kinds", ["phone"], with_codes=True) == Text(zh="电话 `phone`", en="phone")
    assert spoken("same_handler", "lead_parts", []) == Text(zh="无", en="none")
    assert spoken("shared_executive", "min_share", 5.0) == Text(zh="5", en="5")


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_every_default_that_is_a_list_of_codes_has_words(detector: Detector) -> None:
    for name, value in detector.parameters().model_dump(mode="json").items():
        if isinstance(value, list) and any(re.fullmatch(r"[a-z]+(_[a-z]+)*", str(one)) for one in value):
            known = CODES.get((detector.id, name), {})
            assert name.endswith("_words") or set(value) <= known.keys(), name


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_the_rule_has_the_values_in_it(detector: Detector) -> None:
    rule = filled_rule(detector, {}, mark="**")
    assert "{" not in rule.zh + rule.en
    assert bool(rule.zh.count("**")) == bool(detector.rule.zh.count("{"))


def test_the_rule_has_the_values_that_were_used() -> None:
    assert "超过 11 家" in filled_rule(find("shared_contact"), {"popular": 11}).zh
