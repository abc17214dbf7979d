"""Mirrors on loopback that misbehave on request."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class MirrorServer(ThreadingHTTPServer):
    """Serves ``/<behaviour>/<file>`` and remembers what was asked for."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.asked: list[tuple[str, str]] = []
        self.stalling = threading.Event()
        self.release = threading.Event()
        self.meeting = threading.Barrier(4)

    def mirror(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


class _Handler(BaseHTTPRequestHandler):
    server: MirrorServer

    def do_GET(self) -> None:
        behaviour, name = self.path.strip("/").split("/")
        self.server.asked.append((behaviour, name))
        getattr(self, behaviour)(name, self.server.files[name])

    def good(self, name: str, data: bytes, promised: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data) if promised is None else promised))
        self.end_headers()
        self.wfile.write(data)

    def unannounced(self, name: str, data: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(data)

    def absent(self, name: str, data: bytes) -> None:
        self.send_error(404)

    def wrong(self, name: str, data: bytes) -> None:
        self.good(name, data[::-1])

    def truncated(self, name: str, data: bytes) -> None:
        self.good(name, data[: len(data) // 2], len(data))

    def short(self, name: str, data: bytes) -> None:
        self.good(name, data[: len(data) // 2])

    def stalled(self, name: str, data: bytes) -> None:
        self.truncated(name, data)
        self.wfile.flush()
        self.server.stalling.set()
        self.server.release.wait(30)

    def silent(self, name: str, data: bytes) -> None:
        self.server.release.wait(30)

    def flaky(self, name: str, data: bytes) -> None:
        """Fail twice for each file, then deliver it."""
        if self.server.asked.count(("flaky", name)) <= 2:
            self.send_error(503)
        else:
            self.good(name, data)

    def together(self, name: str, data: bytes) -> None:
        """Hold the first file back until four clients want it at the same time."""
        if name == next(iter(self.server.files)):
            self.server.meeting.wait(60)
        self.good(name, data)

    def log_message(self, *args: Any) -> None:
        pass
