"""Every mutant of the catalogue: of detectors' texts and thresholds, of the relations, of the Python that judges."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FunctionType

from queries.detector import Cypher, Detector
from queries.registry import DETECTORS
from queries.relations import RELATIONS
from tests.mutation.cypher import cypher_changes
from tests.mutation.mutant import CodeMutant, FunctionKey, Mutant, TextMutant, numbered
from tests.mutation.parameters import parameter_mutants
from tests.mutation.source import code_mutants
from tests.mutation.sql import sql_changes, written
from tests.mutation.worlds import ROOT

_QUERIES = ROOT / "queries"
_NOT_JUDGING = frozenset({"explore", "collusion/command.py", "ocp/command.py"})


def live_functions() -> dict[FunctionKey, list[FunctionType]]:
    """The functions of `queries` in this process; those that stand at one place more than once are left out."""
    found: dict[FunctionKey, list[FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(_QUERIES)):
            code = thing.__code__
            found[FunctionKey(code.co_filename, code.co_qualname, code.co_firstlineno)].append(thing)
    return {key: functions for key, functions in found.items() if len({f.__code__ for f in functions}) == 1}


def text_mutants(detectors: Sequence[Detector] = DETECTORS) -> list[Mutant]:
    """Mutants of the texts of detectors, each text once, under the name of the first that has it."""
    mutants: dict[str, list[Mutant]] = {}
    for detector in detectors:
        select = detector.select
        texts = [("select", select.text)]
        if isinstance(select, Cypher):
            texts = [("walk", select.text), ("anchors", select.anchors.text), ("then", select.then.text)]
        for part, text in texts:
            if text not in mutants:
                mutants[text] = list(_of_text(text, detector.family, f"{detector.id} {part}", cypher=part == "walk"))
    return [mutant for found in mutants.values() for mutant in found]


def threshold_mutants(detectors: Sequence[Detector] = DETECTORS) -> list[Mutant]:
    """Mutants of the parameters of detectors."""
    return [mutant for detector in detectors for mutant in parameter_mutants(detector)]


def relation_mutants() -> list[Mutant]:
    """Mutants of the derived relations."""
    return [
        mutant for relation in RELATIONS.values() for mutant in _of_text(relation.query, "relations", relation.name)
    ]


def module_mutants(files: Iterable[Path]) -> list[Mutant]:
    """Mutants of the functions of modules."""
    return [mutant for file in files for mutant in numbered(_of_module(file))]


def modules() -> list[Path]:
    """The modules that may take part in judging."""
    found = []
    for file in sorted(_QUERIES.glob("**/*.py")):
        inner = file.relative_to(_QUERIES).as_posix()
        if inner not in _NOT_JUDGING and inner.split("/")[0] not in _NOT_JUDGING:
            found.append(file)
    return found


def _of_text(text: str, group: str, owner: str, *, cypher: bool = False) -> list[Mutant]:
    changes = cypher_changes(text) if cypher else sql_changes(text)
    unchanged = None if cypher else partial(written, text)
    return numbered(TextMutant(group, owner, c.kind, c.change, text, c.text, unchanged) for c in changes)


def _of_module(file: Path) -> Iterator[CodeMutant]:
    inner = file.relative_to(_QUERIES)
    group = inner.parts[0] if len(inner.parts) > 1 else "shared"
    yield from code_mutants(file, group, f"queries/{inner.as_posix()}")
