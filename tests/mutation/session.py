"""The cases of one detector, open: judged as the catalogue stands, and then again for each mutant.

A session lives in a process of its own, so that its tables are opened once and gone with it. Changed code is tried in a
fork of it: it leaves no trace, and what never ends can be ended. A changed text leaves none anyway, and DuckDB does not
outlive a fork: it is asked on the tables as they are open.
"""

from __future__ import annotations

import math
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import duckdb
import pandas as pd

from graph.engine import GraphEngine
from graph.projection import Part
from graph.snapshot import Snapshot
from graph.tables import open_tables
from queries.detector import Cypher, Detector, Params, Sql
from queries.finding import Lead, finding_id
from queries.profiles import configure
from queries.relations import RELATIONS
from queries.scan import run_scan
from queries.session import open_engine
from queries.signed import cite
from tests.mutation.mutant import CodeMutant, FunctionKey, Mutant, ParameterMutant, TextMutant
from tests.mutation.parameters import moved
from tests.mutation.worlds import world
from tests.queries.casefiles import Case, mismatch

Functions = dict[FunctionKey, list[FunctionType]]
"""Every function of the running program that a mutant may change, by where it stands."""


class CannotMutate(Exception):
    """The cases do not hold as the catalogue stands, or a text does not mean the same when it is written anew."""


class _AsBefore(Exception):
    """The rows to judge are those of the catalogue as it stands; so is what comes of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mutant: `killed` (by a case), `survived`, `timeout` (counts as killed) or `invalid`."""

    verdict: str
    by: str = ""


@dataclass(slots=True)
class _Opened:
    case: Case
    params: Params
    snapshot: Snapshot
    connection: duckdb.DuckDBPyConnection
    graph: GraphEngine | None
    rows: pd.DataFrame
    kills: int = 0


class Session:
    """One detector with its cases.

    Attributes:
        entered: the functions that judging its cases runs through.

    Raises:
        CannotMutate: a case fails without any mutant.
    """

    def __init__(self, detector: Detector, cases: Sequence[Case], worlds: Path, functions: Functions) -> None:
        self.detector = detector
        self.entered: set[FunctionKey] = set()
        self._functions = functions
        self._opened: list[_Opened] = []
        self._controlled: set[str] = set()
        for case in cases:
            opened = self._open(case, worlds)
            with _watched(self.entered):
                difference = self._judged(opened, detector)
            if difference is not None:
                raise CannotMutate(f"{detector.id}: {case.name}: {difference}")
            self._opened.append(opened)

    def _open(self, case: Case, worlds: Path) -> _Opened:
        workspace = world(case, worlds)
        snapshot = workspace.current()
        connection = open_tables(snapshot, workspace.secret(), threads=1)
        ((_, params),) = configure([self.detector], settings={self.detector.id: case.parameters})
        select_ = self.detector.select
        graph = None
        if isinstance(select_, Cypher):
            graph = open_engine("embedded", snapshot, connection, Part.named_in([select_.text]))
        opened = _Opened(case, params, snapshot, connection, graph, pd.DataFrame())

        def keep(rows: pd.DataFrame, _: Any) -> Iterator[Lead]:
            opened.rows = rows
            return iter(())

        self._scan(opened, replace(self.detector, judge=keep))
        return opened

    @staticmethod
    def _scan(opened: _Opened, detector: Detector) -> tuple[Lead, ...]:
        def graph() -> GraphEngine:
            assert opened.graph is not None
            return opened.graph

        # What could be judged is counted apart from what is found: cases say nothing of it.
        detector = replace(detector, population=Sql("SELECT 0 AS judged"), not_judgeable={})
        result = run_scan(opened.snapshot, opened.connection, graph, [(detector, opened.params)])
        return tuple(finding.lead for finding in result.findings)

    @staticmethod
    def _judged(opened: _Opened, detector: Detector) -> str | None:
        """How the judgement of the rows as they stand differs from what the case expects."""
        leads = cite(opened.connection, detector, list(detector.judge(opened.rows, opened.params)))
        if len({finding_id(detector.id, lead.identity) for lead in leads}) < len(leads):
            return "two findings claim one identity"
        return mismatch(opened.case, leads)

    def concerns(self, mutant: Mutant) -> bool:
        """Whether the mutant changes anything that this detector's cases touch."""
        if isinstance(mutant, CodeMutant):
            return mutant.inside in self.entered
        if isinstance(mutant, ParameterMutant):
            return mutant.detector == self.detector.id
        assert isinstance(mutant, TextMutant)
        relations = {RELATIONS[name].query for name in _needed(self.detector.relations)}
        return mutant.original in relations or mutant.original in _texts(self.detector)

    def try_out(self, mutant: Mutant, seconds: float) -> Outcome:
        """What comes of a mutant that has so many seconds of the processor: code in a fork, a text on the open tables.

        Raises:
            CannotMutate: a text means something else as soon as the generator has written it anew, unchanged.
        """
        if isinstance(mutant, CodeMutant):
            outcome = _forked(lambda: self._with_code(mutant), seconds)
        elif isinstance(mutant, ParameterMutant):
            outcome = self._with_parameter(mutant, seconds)
        else:
            assert isinstance(mutant, TextMutant)
            if mutant.unchanged is not None and mutant.original not in self._controlled:
                control = self._with_text(mutant.original, mutant.unchanged(), seconds)
                if control.verdict != "survived":
                    raise CannotMutate(f"{mutant.owner} means something else when written anew: {control}")
                self._controlled.add(mutant.original)
            outcome = self._with_text(mutant.original, mutant.mutated(), seconds)
        for opened in self._opened:
            opened.kills += opened.case.name == outcome.by
        # What killed before is asked first.
        self._opened.sort(key=lambda opened: -opened.kills)
        return outcome

    def _with_code(self, mutant: CodeMutant) -> Outcome:
        for key, code in mutant.codes().items():
            for function in self._functions.get(key, ()):
                function.__code__ = code
        return self._first_difference(lambda opened: self._judged(opened, self.detector))

    def _with_parameter(self, mutant: ParameterMutant, seconds: float) -> Outcome:
        ends = time.process_time() + seconds

        def asked(opened: _Opened) -> str | None:
            params = moved(opened.params, mutant)
            if params is None:
                return None
            with _interrupted(opened.connection, ends):
                return mismatch(opened.case, self._scan(replace(opened, params=params), self.detector))

        return self._first_difference(asked)

    def _with_text(self, original: str, mutated: str, seconds: float) -> Outcome:
        detector = _with_text(self.detector, original, mutated)
        changed = {name: relation for name, relation in RELATIONS.items() if relation.query == original}
        stale = [name for name in _needed(detector.relations) if changed.keys() & set(_needed((name,)))]
        ends = time.process_time() + seconds
        RELATIONS.update({name: replace(relation, query=mutated) for name, relation in changed.items()})
        try:
            return self._first_difference(lambda opened: self._asked(opened, detector, stale, ends))
        finally:
            RELATIONS.update(changed)
            for opened in self._opened:
                _drop(opened.connection, stale)

    def _asked(self, opened: _Opened, detector: Detector, stale: Sequence[str], ends: float) -> str | None:
        """How a scan with another text differs from what the case expects."""

        def judge(rows: pd.DataFrame, params: Any) -> Iterator[Lead]:
            if rows.equals(opened.rows):
                raise _AsBefore
            return detector.judge(rows, params)

        _drop(opened.connection, stale)
        try:
            with _interrupted(opened.connection, ends):
                return mismatch(opened.case, self._scan(opened, replace(detector, judge=judge)))
        except _AsBefore:
            return None

    def _first_difference(self, difference: Callable[[_Opened], str | None]) -> Outcome:
        for opened in self._opened:
            try:
                found = difference(opened)
            except Exception as error:
                cause = error.__cause__ or error
                if isinstance(cause, duckdb.BinderException | duckdb.ParserException | duckdb.CatalogException):
                    return Outcome("invalid", str(cause)[:200])
                if isinstance(cause, duckdb.InterruptException):
                    return Outcome("timeout")
                found = f"{type(error).__name__}: {error}"
            if found is not None:
                return Outcome("killed", opened.case.name)
        return Outcome("survived")


def _drop(connection: duckdb.DuckDBPyConnection, relations: Sequence[str]) -> None:
    """Forget relations, so that the next scan makes them anew."""
    for name in relations:
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _texts(detector: Detector) -> tuple[str, ...]:
    select_ = detector.select
    return (select_.text, select_.anchors.text, select_.then.text) if isinstance(select_, Cypher) else (select_.text,)


def _with_text(detector: Detector, original: str, mutated: str) -> Detector:
    """The detector with another text in the place of one."""

    def new(text: str) -> str:
        return mutated if text == original else text

    select_ = detector.select
    if isinstance(select_, Cypher):
        anchors, then = Sql(new(select_.anchors.text)), Sql(new(select_.then.text))
        return replace(detector, select=replace(select_, text=new(select_.text), anchors=anchors, then=then))
    return replace(detector, select=Sql(new(select_.text)))


def _needed(names: Sequence[str]) -> tuple[str, ...]:
    """The relations, each after those that it rests on."""
    return tuple(dict.fromkeys(part for name in names for part in (*_needed(RELATIONS[name].needs), name)))


@contextmanager
def _watched(entered: set[FunctionKey]) -> Iterator[None]:
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
        entered |= {FunctionKey(code.co_filename, code.co_qualname, code.co_firstlineno) for code in seen}


@contextmanager
def _interrupted(connection: duckdb.DuckDBPyConnection, ends: float) -> Iterator[None]:
    """Interrupt what the connection is asked once this process has used so many seconds of the processor."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            if time.process_time() > ends:
                connection.interrupt()
                return

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _forked(work: Callable[[], Outcome], seconds: float) -> Outcome:
    """What the work returns in a process of its own; `timeout` where it takes more of the processor than that."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), resource.RLIM_INFINITY))
            os.write(writing, pickle.dumps(work()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return Outcome("timeout")
    return pickle.loads(answer) if answer else Outcome("killed", "the process died")
