"""Lines to a server that can be cut, listened to, or made to say something else."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from graph.neo4j.settings import Neo4jSettings


class Line:
    """A line to a server on this machine: it forwards bytes both ways.

    `sent` is what the client sent. `is_dead` refuses new connections. `answers` may change what the server says.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.sent = bytearray()
        self.is_dead = False
        self.answers: Callable[[bytes], bytes] = lambda part: part
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop all connections."""
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        """Drop all connections and take no more."""
        self.is_dead = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing it alone leaves the thread that accepts waiting
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self.is_dead:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._port))
                self._open += [near, far]
                for source, target, change in ((near, far, self._note), (far, near, self.answers)):
                    threading.Thread(target=self._forward, args=(source, target, change), daemon=True).start()

    def _note(self, part: bytes) -> bytes:
        self.sent += part
        return part

    @staticmethod
    def _forward(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(change(part))
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def through(line: Line, settings: Neo4jSettings, **others: Any) -> Neo4jSettings:
    """Settings that reach the server over a line."""
    return settings.model_copy(update={"uri": f"bolt://127.0.0.1:{line.port}", **others})
