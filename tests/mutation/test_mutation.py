"""The runner tells a mutant that a case kills from one that none does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import queries.groups
from queries.registry import detector
from tests.mutation.catalogue import live_functions, module_mutants, text_mutants, threshold_mutants
from tests.mutation.cypher import cypher_changes
from tests.mutation.mutant import CodeMutant, Mutant
from tests.mutation.report import page
from tests.mutation.run import Tried, run, sampled
from tests.mutation.session import CannotMutate, Outcome
from tests.mutation.source import code_mutants
from tests.mutation.sql import sql_changes
from tests.queries.casefiles import Case, read_cases

DETECTOR = "same_principal"


def _cases(*names: str) -> list[Case]:
    cases = [case for case in read_cases(DETECTOR) if case.name in names]
    assert len(cases) == len(names)
    return cases


def _verdicts(mutants: list[Mutant], cases: list[Case], folder: Path) -> dict[str, Outcome]:
    tried = run([detector(DETECTOR)], mutants, live_functions(), folder, seconds=60, cases={DETECTOR: cases})
    return {one.mutant.change: one.outcome for one in tried}


def test_a_dropped_condition_is_killed_by_the_case_that_needs_it(tmp_path: Path) -> None:
    alone = "tender_id of SEMI JOIN met USING (tender_id, person_id)"
    past = "NOT HELD(h.valid_from, h.valid_to, e.day)"
    mutants = [m for m in text_mutants([detector(DETECTOR)]) if m.change in (alone, past)]
    positive = _cases("one legal representative of two bidders")
    assert _verdicts(mutants, positive, tmp_path) == {
        past: Outcome("killed", "one legal representative of two bidders"),
        alone: Outcome("survived"),
    }


def test_changed_code_is_tried_and_leaves_no_trace(tmp_path: Path) -> None:
    turned = "Group.consortium_excuse: self.units == 1 -> self.units != 1"
    mutants = module_mutants([Path(queries.groups.__file__)])
    partners = next(m for m in mutants if isinstance(m, CodeMutant) and m.change == turned)
    chosen = [
        replace(partners, change="no change", codes=dict),
        partners,
        replace(partners, change="no end", codes=lambda: {partners.inside: _endless.__code__}),
        replace(partners, change="no change again", codes=dict),
        replace(partners, change="not run", inside=replace(partners.inside, line=0)),
    ]
    tried = run(
        [detector(DETECTOR)],
        chosen,
        live_functions(),
        tmp_path,
        seconds=3,
        cases={DETECTOR: _cases("one legal representative of two bidders")},
    )
    assert {one.mutant.change: one.outcome.verdict for one in tried} == {
        "no change": "survived",
        turned: "killed",
        "no end": "timeout",
        "no change again": "survived",
        "not run": "unreached",
    }


def _endless(_: object) -> None:
    while True:
        pass


def test_a_moved_threshold_is_killed_by_the_case_at_its_edge(tmp_path: Path) -> None:
    giver = detector("giver_taker")
    edges = ("thirty-six months before the decision", "longer before the decision")
    cases = [case for case in read_cases(giver.id) if case.name in edges]
    mutants = [m for m in threshold_mutants([giver]) if "months" in m.change]
    tried = run([giver], mutants, live_functions(), tmp_path, seconds=60, cases={giver.id: cases})
    assert {(one.mutant.kind, one.mutant.change): one.outcome for one in tried} == {
        ("threshold raised", "months_before"): Outcome("killed", edges[1]),
        ("threshold lowered", "months_before"): Outcome("killed", edges[0]),
        ("threshold raised", "months_after"): Outcome("survived"),
        ("threshold lowered", "months_after"): Outcome("survived"),
    }


def test_a_threshold_keeps_within_its_bounds() -> None:
    moves = [(m.kind, m.change) for m in threshold_mutants([detector("overdue_terms")]) if m.change == "grace_days"]
    assert moves == [("threshold raised", "grace_days")]


def test_cases_must_hold_before_anything_is_changed(tmp_path: Path) -> None:
    wrong = [replace(case, tier="B") for case in _cases("one legal representative of two bidders")]
    with pytest.raises(CannotMutate, match="tier B expected, not A"):
        list(run([detector(DETECTOR)], [], live_functions(), tmp_path, seconds=60, cases={DETECTOR: wrong}))


def test_sql_is_changed_one_condition_at_a_time() -> None:
    text = """
    WITH a AS (SELECT 1 AS x UNION ALL SELECT 2)
    SELECT x FROM a SEMI JOIN b USING (x) LEFT JOIN c ON c.y = a.x WHERE x >= 1 AND y IS NOT NULL
    """
    changes = {(change.kind, change.text()) for change in sql_changes(text)}
    with_all = "WITH a AS (SELECT 1 AS x UNION ALL SELECT 2) "
    joined = f"{with_all}SELECT x FROM a SEMI JOIN b USING (x) LEFT JOIN c ON c.y = a.x WHERE"
    where = "x >= 1 AND NOT y IS NULL"
    assert changes >= {
        ("conjunct dropped", f"{joined} x >= 1"),
        ("conjunct dropped", f"{joined} NOT y IS NULL"),
        ("edge moved", f"{joined} x > 1 AND NOT y IS NULL"),
        ("constant moved", f"{joined} x >= 2 AND NOT y IS NULL"),
        ("negation dropped", f"{joined} x >= 1 AND y IS NULL"),
        ("semi join dropped", f"{with_all}SELECT x FROM a LEFT JOIN c ON c.y = a.x WHERE {where}"),
        ("left join made inner", f"{with_all}SELECT x FROM a SEMI JOIN b USING (x) JOIN c ON c.y = a.x WHERE {where}"),
        ("branch dropped", f"{joined} {where}".replace("SELECT 1 AS x UNION ALL SELECT 2", "SELECT 1 AS x")),
    }
    assert all(change.text() != f"{joined} {where}" for change in sql_changes(text))


def test_cypher_is_changed_one_condition_at_a_time() -> None:
    text = "MATCH (a)-[p:PAID]->(b) WHERE p.day >= $day AND a.id <> b.id RETURN a.id"
    match = "MATCH (a)-[p:PAID]->(b) WHERE"
    assert [" ".join(change.text().split()) for change in cypher_changes(text)] == [
        f"{match} a.id <> b.id RETURN a.id",
        f"{match} p.day > $day AND a.id <> b.id RETURN a.id",
        f"{match} p.day >= $day RETURN a.id",
    ]


def test_python_is_changed_where_it_decides(tmp_path: Path) -> None:
    file = tmp_path / "judging.py"
    file.write_text(
        'LIMIT = 1 < 2\n\n\ndef judge(rows: list, most: int = 3) -> list:\n    """Those of 1 < 2."""\n'
        "    kept = [row for row in rows if row]\n    if not kept or len(kept) > most:\n        return kept\n"
        '    return [Text(zh="1", en="2" if most > 2 else "3")]\n',
        encoding="utf-8",
    )
    changes = [(m.kind, m.change.removeprefix("judge: ")) for m in code_mutants(file, "shared", "judging")]
    assert sorted(changes) == [
        ("comparison turned", "len(kept) > most -> len(kept) <= most"),
        ("condition dropped", "if row"),
        ("disjunct dropped", "len(kept) > most of not kept or len(kept) > most"),
        ("disjunct dropped", "not kept of not kept or len(kept) > most"),
        ("edge moved", "len(kept) > most -> len(kept) >= most"),
        ("negation dropped", "not kept"),
    ]


def test_a_sample_is_drawn_from_each_owner_and_by_the_seed() -> None:
    mutants = text_mutants([detector(DETECTOR), detector("shared_contact")])
    drawn = sampled(mutants, 4, 1)
    assert [sum(m.owner.startswith(name) for m in drawn) for name in (DETECTOR, "shared_contact")] == [4, 4]
    assert drawn == sampled(mutants, 4, 1)
    assert drawn != sampled(mutants, 4, 2)


def test_the_report_counts_by_part_and_names_survivors() -> None:
    first, second, third = (Mutant("affiliated_bidders", DETECTOR, "edge moved", change) for change in "abc")
    outcomes = (Outcome("killed", "a case"), Outcome("survived"), Outcome("invalid"))
    lines = page([Tried(m, o) for m, o in zip((first, second, third), outcomes, strict=True)], "Title").splitlines()
    assert "| affiliated_bidders | 2 | 1 | 1 | 50.0% |" in lines
    assert f"- {second.name}" in lines
    assert not any(first.name in line for line in lines)
