"""Nothing comes from outside this machine: no address in a file, no request of a view."""

from __future__ import annotations

import hashlib
import re

from tests.viz.explorer.conftest import Visiting
from viz.explorer import FOLDER
from viz.vendor import checksums

OWN = [
    file
    for file in sorted(FOLDER.rglob("*"))
    if file.suffix in {".html", ".css", ".js", ".svg"} and "lib" not in file.relative_to(FOLDER).parts
]


def test_no_file_names_an_outside_address() -> None:
    assert len(OWN) > 20
    for file in OWN:
        for address in re.findall(r"""(?:https?:)?//[\w.-]+\.\w[^\s"'`)]*""", file.read_text(encoding="utf-8")):
            assert address == "http://www.w3.org/2000/svg", f"{file}: {address}"


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=|\sstyle=", page) == []
    for file in OWN:
        if file.suffix == ".js":
            code = file.read_text(encoding="utf-8")
            assert not re.search(r"\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|\beval\(", code), file


def test_the_vendored_libraries_are_those_of_their_packages() -> None:
    listed = (FOLDER / "lib" / "checksums.txt").read_text(encoding="utf-8")
    assert listed == checksums()
    for line in listed.splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((FOLDER / "lib" / name).read_bytes()).hexdigest() == digest
    for library in (FOLDER / "lib").iterdir():
        if library.is_dir():
            assert (library / "LICENSE").is_file(), f"{library.name} has no licence"


def test_every_view_works_with_everything_outside_refused(visiting: Visiting) -> None:
    seen = visiting()
    seen.sign_in("wang.lei")
    for fragment, ready in (
        ("#/leads?view=all", ".grid-row"),
        ("#/overview", ".matrix td"),
        ("#/scans", "table.plain tbody tr"),
        ("#/audit", ".approvals, .card"),
        ("#/explore", ".explore-view[data-ready=true]"),
    ):
        seen.go(fragment, ready)
    seen.page.goto(f"{seen.address}docs")
    seen.page.wait_for_load_state("networkidle")
    assert len(seen.page.locator("body").inner_text()) > 100
    assert seen.outside == []
