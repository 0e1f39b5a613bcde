"""A store that fails while a scan is recorded: a clear message, nothing lost, nothing doubled, and it works again."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from findings.store.database import Store, open_store
from findings.store.errors import StoreError
from findings.store.models import FindingRow, FindingVersion, ScanRun
from tests.conftest import ROOT
from tests.findings.worlds import documents, record

SMALL = 4 << 20
"""Bytes of a disk that holds a thousand findings and not ten thousand."""


def counted(store: Store) -> tuple[int | None, int | None, list[str]]:
    with store.reading() as session:
        return (
            session.scalar(select(func.count()).select_from(FindingRow)),
            session.scalar(select(func.count()).select_from(FindingVersion)),
            [run.state for run in session.scalars(select(ScanRun).order_by(ScanRun.id))],
        )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of `SMALL` bytes; skips where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs can be mounted here: a limit of the file's size stands in for it in the next test")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_keeps_what_was_there_and_goes_on_when_there_is_space(small_disk: Path) -> None:
    store = open_store(f"sqlite:///{small_disk / 'findings.db'}")
    store.upgrade()
    record(store, documents(range(300)))
    before = counted(store)
    with pytest.raises(StoreError) as caught:
        record(store, documents(range(10_000)))
    assert caught.value.key == "store_full"
    assert "free some space" in caught.value.text.en
    assert counted(store)[:2] == before[:2]
    subprocess.run(["mount", "-o", f"remount,size={SMALL * 20}", str(small_disk)], check=True)
    diff = record(store, documents(range(2_000)))
    assert (len(diff.new), diff.unchanged) == (1_700, 300)
    assert counted(store)[2] == ["complete", "failed", "complete"]
    store.close()


LIMITED = """
import sys
from findings.store.database import open_store
from findings.store.errors import StoreError
from tests.findings.worlds import documents, record

store = open_store(sys.argv[1])
try:
    record(store, documents(range(10_000)))
except StoreError as error:
    print(error.key)
"""


def test_a_file_that_may_not_grow_is_a_full_disk_too(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "findings.db"
    shutil.copy(sqlite_template, file)
    store = open_store(f"sqlite:///{file}")
    record(store, documents(range(300)))
    before = counted(store)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, f"sqlite:///{file}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL)),
    )
    assert done.stdout.strip() == "store_full"
    assert counted(store)[:2] == before[:2]
    diff = record(store, documents(range(400)))
    assert (len(diff.new), diff.unchanged) == (100, 300)
    store.close()


def test_a_locked_store_records_nothing_and_the_scan_can_be_run_again(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "findings.db"
    shutil.copy(sqlite_template, file)
    store, other = open_store(f"sqlite:///{file}", lock_seconds=0.3), open_store(f"sqlite:///{file}")
    record(store, documents(range(10)))
    with other.session() as session:
        session.execute(select(1))
        with pytest.raises(StoreError) as caught:
            record(store, documents(range(20)))
    assert caught.value.key == "store_locked"
    assert counted(store)[:2] == (10, 10)
    assert len(record(store, documents(range(20))).new) == 10
    store.close()
    other.close()
