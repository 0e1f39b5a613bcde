"""The process of a scan: it outlives the server's terminal, and takes only what readers leave."""

from __future__ import annotations

import os
from pathlib import Path

from api.scanning import start
from findings.settings import read_settings


def test_a_scan_is_a_process_group_of_its_own_in_the_servers_session(tmp_path: Path) -> None:
    # There is no such run, so it ends at once.
    process = start(read_settings(workspace=tmp_path, store_url=f"sqlite:///{tmp_path}/findings.db"), 1)
    try:
        assert os.getpgid(process.pid) == process.pid
        assert os.getsid(process.pid) == os.getsid(0)
    finally:
        assert process.wait(timeout=120) != 0
