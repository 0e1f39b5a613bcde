"""The developer's Neo4j server, in the cache folder.

python -m graph.neo4j start | status | stop
"""

from __future__ import annotations

import shutil
import sys

from graph.engine import EngineError
from graph.neo4j.download import VERSION, cache_folder
from graph.neo4j.server import LocalServer, write_private


def main(arguments: list[str]) -> int:
    """Start, show or stop the developer's server; a start begins with an empty graph."""
    folder = cache_folder() / "server"
    server = LocalServer(folder)
    match arguments:
        case ["start"]:
            if not server.is_running:
                shutil.rmtree(folder, ignore_errors=True)
                server = LocalServer(folder)
                server.start()
            address = server.address
            write_private(
                folder / "neo4j.env",
                f"QINGFENG_NEO4J_URI={address.uri}\nQINGFENG_NEO4J_USER={address.user}\n"
                f"QINGFENG_NEO4J_PASSWORD={address.password.get_secret_value()}\n"
                f"QINGFENG_NEO4J_DATABASE={address.database}\n",
            )
            print(f"Neo4j {VERSION} runs at {address.uri}, process {server.pid}.")
            print(f"Its address and password are in {folder}/neo4j.env: set -a; . {folder}/neo4j.env; set +a")
        case ["status"]:
            print(f"Neo4j runs at {server.address.uri}, process {server.pid}." if server.is_running else "Not running.")
            return 0 if server.is_running else 3
        case ["stop"]:
            server.stop()
            print("Stopped.")
        case _:
            print("usage: python -m graph.neo4j start | status | stop", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EngineError as error:
        sys.exit(str(error))
