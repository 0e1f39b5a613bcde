"""A real HTTP receiver of webhooks on the loopback: keeps what it got, answers what the test wants."""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from findings.notify.signing import verify_signature


@dataclass(frozen=True)
class Got:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def signed_by(self, secret: str) -> bool:
        """Whether the receiver may believe it."""
        return verify_signature(secret, self.headers["x-qingfeng-signature"], self.body, now=int(time.time()))


@dataclass
class Receiver:
    """`answers` are used one after the other, the last one for good: a status, or `close`, `slow`, `drip`."""

    answers: list[int | str] = field(default_factory=lambda: [200])
    got: list[Got] = field(default_factory=list)
    port: int = 0
    _server: ThreadingHTTPServer | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self, context: ssl.SSLContext | None = None) -> Receiver:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                if isinstance(answer, int):
                    self.send_response(answer)
                    if answer == 302:
                        self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif answer == "slow":
                    receiver._over.wait(20)
                elif answer == "drip":
                    for byte in b"HTTP/1.1 200 OK\r\nX-Long: ":
                        if receiver._over.wait(0.05):
                            return
                        self.wfile.write(bytes([byte]))
                    while not receiver._over.wait(0.05):
                        self.wfile.write(b"x")

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        self._over.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/qingfeng"
