"""The page on loading names every key of a mapping and every reason of the quarantine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import yaml

from i18n import catalogue
from loaders.mapping import Condition, Content, Derive, Mapping, Split, TableMapping, Unit
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "loading.md").read_text(encoding="utf-8")
OF_DOCUMENTS = ("json_", "ocds_", "bods_")
"""Reasons of adapters that have pages of their own."""


def test_every_key_of_a_mapping_is_explained() -> None:
    for model in (Mapping, TableMapping, Content, Condition, Split, Derive):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in PAGE, f"{model.__name__}.{name}"
    for unit in get_args(Unit):
        assert unit in PAGE
    for how in get_args(Derive.model_fields["how"].annotation):
        assert f"| `{how}` |" in PAGE


def test_every_reason_is_explained() -> None:
    reasons = {key.partition(".")[2] for key in catalogue() if key.startswith("quarantine.")}
    for reason in reasons:
        assert reason.startswith(OF_DOCUMENTS) or f"`{reason}`" in PAGE, reason


def test_the_example_of_the_page_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert Mapping.model_validate(yaml.safe_load(example)).tables[1].derived == "bid_id;bidder_id"
