"""What every detector must keep, over the whole registry."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import queries
from graph.schema import TABLES
from i18n import LANGUAGES, Text
from queries.detector import FAMILIES, Cypher, Detector
from queries.finding import Tier
from queries.laws import laws
from queries.registry import DETECTORS
from queries.relations import RELATIONS

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.id)

# Words of a verdict: a lead is something to look at.
VERDICT_WORDS = re.compile(r"有罪|犯罪嫌疑|嫌疑人|确系|已构成|guilty|criminal is|offender|culprit", re.IGNORECASE)


def _texts(detector: Detector) -> list[Text]:
    return [
        detector.title,
        detector.question,
        detector.rule,
        detector.why,
        detector.example,
        detector.unit,
        detector.blind,
        *(twin.title for twin in detector.innocent),
        *detector.not_judgeable.values(),
    ]


@every_detector
def test_every_text_is_there_in_both_languages(detector: Detector) -> None:
    for value in _texts(detector):
        for language in LANGUAGES:
            said = value.in_language(language)
            assert said.strip(), f"an empty {language} text beside {value}"
            assert not VERDICT_WORDS.search(said), f"a verdict in {said!r}"
        assert re.search(r"[\u4e00-\u9fff]", value.zh) or value.zh == value.en, f"no Chinese in {value.zh!r}"
    assert len(detector.title.en.split()) <= 5


@every_detector
def test_metadata_is_complete_and_resolves(detector: Detector) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", detector.id)
    assert detector.family in FAMILIES
    assert detector.tiers
    assert detector.innocent or detector.tiers == ("A",), "a lead needs its innocent explanations"
    assert len({twin.id for twin in detector.innocent}) == len(detector.innocent)
    assert set(detector.legal_basis) <= laws().keys()
    assert detector.legal_basis or detector.references, "neither a statute nor a source stands behind it"
    assert set(detector.relations) <= RELATIONS.keys()
    for needed in (detector.requires, detector.uses):
        for table, columns in needed.items():
            assert table in TABLES
            assert set(columns) <= set(TABLES[table].names), f"{table} has no such columns"
    assert set(detector.absent) <= TABLES.keys()
    assert not detector.absent or Tier.B in detector.tiers, "a fact that an unread row may undo becomes a lead"
    assert 0 < detector.max_share <= 1
    assert detector.identity


@every_detector
def test_parameters_have_defaults_and_are_described(detector: Detector) -> None:
    defaults = detector.parameters().model_dump(mode="json")
    for name, field in detector.parameters.model_fields.items():
        assert field.description, f"parameter {name} says nothing of its unit and meaning"
    named = set(re.findall(r"{(\w+)}", detector.rule.en))
    assert named == set(re.findall(r"{(\w+)}", detector.rule.zh)), "the rule names other parameters in one language"
    assert named <= defaults.keys()


@every_detector
def test_the_texts_name_only_parameters_that_there_are(detector: Detector) -> None:
    values = detector.bindings(detector.parameters(), None)
    select = detector.select
    texts = [detector.population]
    texts += [select.anchors, select.then] if isinstance(select, Cypher) else [select]
    for text in texts:
        text.bind(values)
    if isinstance(select, Cypher):
        select.bind(values)
        assert select.text.lstrip().startswith("UNWIND $anchors"), "a walk starts from its anchors"


def test_ids_are_unique() -> None:
    ids = [detector.id for detector in DETECTORS]
    assert len(set(ids)) == len(ids)


def test_every_detector_module_is_in_the_registry() -> None:
    registered = {id(detector) for detector in DETECTORS}
    for family in FAMILIES:
        folder = Path(queries.__path__[0]) / family
        for module in pkgutil.iter_modules([str(folder)]):
            if module.name == "__main__":  # Importing it would run it.
                continue
            found = getattr(importlib.import_module(f"queries.{family}.{module.name}"), "DETECTOR", None)
            assert found is None or id(found) in registered, f"queries.{family}.{module.name} is not in the registry"
