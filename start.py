"""Where the `qingfeng` command begins: `qingfeng ocp` needs nothing of the other verbs, and starts faster without."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command with the arguments of the process."""
    if sys.argv[1:2] == ["ocp"]:
        from queries.ocp.run import main as ocp

        ocp(sys.argv[2:])
    from cli import main as command

    command()
