"""The worlds of the cases, loaded once and kept: a mutant changes what is asked of them, never the tables."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path

from graph.snapshot import Workspace
from loaders.load import load
from tests.queries.casefiles import Case, write_tables

ROOT = Path(__file__).resolve().parents[2]


def world(case: Case, folder: Path) -> Workspace:
    """The workspace of a case under a folder of such, loaded if it is not there yet."""
    document = json.dumps(case.tables, sort_keys=True, default=str, ensure_ascii=False)
    name = hashlib.sha256(f"{_loader()}{document}".encode()).hexdigest()[:20]
    place = folder / name
    if not place.is_dir():
        making = folder / f"{name}.making"
        shutil.rmtree(making, ignore_errors=True)
        write_tables(case.tables, making / "source")
        load([making / "source"], Workspace(making / "workspace"), threads=1)
        making.rename(place)
    return Workspace(place / "workspace")


@cache
def _loader() -> str:
    """Hash of the code that loads: worlds that other code loaded are not taken for its own."""
    digest = hashlib.sha256()
    for file in sorted([*ROOT.glob("graph/**/*.py"), *ROOT.glob("loaders/**/*.py")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()
