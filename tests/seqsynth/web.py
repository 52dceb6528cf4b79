"""A real HTTP server that serves a folder, counts requests, and misbehaves on order."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]
"""Sends a file's content, or something else."""


def send(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Answer as a server should."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def refuse(status: int) -> Answer:
    """Answer with a status and nothing else."""
    return lambda handler, _: handler.send_error(status)


def break_off(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Promise all and hang up half-way."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])


def cut_short(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Send half as if it were all."""
    send(handler, content[: len(content) // 2])


def lengthen(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Send more than there is."""
    send(handler, content + b"more")


def flip_a_bit(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Send one bit wrong."""
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 4
    send(handler, bytes(damaged))


class Web:
    """The server: ``url`` of its folder, ``requests`` so far, and ``answers`` out of the ordinary.

    Attributes
    ----------
    requests : "GET /sets/index.json", in order
    answers : file name -> answers to its next requests; afterwards it is sent as it is
    """

    def __init__(self, folder: Path) -> None:
        self.requests: list[str] = []
        self.answers: dict[str, list[Answer]] = {}
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                web.requests.append(f"{self.command} {self.path}")
                file = folder / path.lstrip("/")
                if not file.is_file():
                    self.send_error(404)
                    return
                answers = web.answers.get(file.name, [])
                answer = answers.pop(0) if answers else send
                answer(self, file.read_bytes())

            def do_HEAD(self) -> None:
                web.requests.append(f"{self.command} {self.path}")
                self.send_error(405)

            def log_message(self, format: str, *args: object) -> None:
                """Keep the tests' output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def asked_for(self, name: str) -> int:
        """Return how many requests there were for a file."""
        return sum(request.partition("?")[0].endswith(f"/{name}") for request in self.requests)


@contextmanager
def serve(folder: Path) -> Iterator[Web]:
    """Serve a folder while the block runs."""
    web = Web(folder)
    try:
        yield web
    finally:
        web.stop()
