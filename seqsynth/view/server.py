"""The web server: addresses name things by number, never by path."""

import contextlib
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from seqsynth.errors import OutputError, SeqsynthError
from seqsynth.view.collection import Collection
from seqsynth.view.guard import LOOPBACK, Guard
from seqsynth.view.restoring import MOST_BYTES
from seqsynth.view.selections import Query, parse_query
from seqsynth.view.sets import ShownSet

Thing = TypeVar("Thing")

STATIC = Path(__file__).parent / "static"

FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
"""Pictures of a run of the server never change; their addresses carry its number."""


def make_app(collection: Collection, *, token: str = "") -> Starlette:
    """Return the application that shows a collection.

    Parameters
    ----------
    token : that a browser must know; "" lets this machine's own in without
    """
    pages = _Pages(collection)
    routes = [
        Route("/", pages.index),
        Route("/api/head", pages.head),
        Route("/api/sets/{set:int}/selection", pages.selection),
        Route("/api/sets/{set:int}/rows", pages.rows),
        Route("/api/sets/{set:int}/names", pages.names),
        Route("/api/sets/{set:int}/histograms", pages.histograms),
        Route("/api/sets/{set:int}/sequences/{number:int}", pages.sequence),
        Route("/strip/{run}/{set:int}/{number:int}", pages.strip),
        Route("/frame/{run}/{set:int}/{number:int}/{kind}/{view:int}", pages.frame),
        Route("/api/captures", pages.captures),
        Route("/api/captures/{scene:int}", pages.decide, methods=["POST"]),
        Route("/photo/{run}/{scene:int}/{place:int}", pages.photo),
        Route("/api/runs/{stage:int}/{log}", pages.curves),
        Route("/panel/{run}/{stage:int}/{panel:int}", pages.panel),
        Route("/api/results", pages.results),
        Route("/output/{run}/{number:int}/{method:int}", pages.output),
        Route("/api/restore", pages.restore, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={SeqsynthError: _say},
    )


async def _say(request: Request, error: Exception) -> Response:
    """Answer an error on purpose with its sentence."""
    return JSONResponse({"fault": str(error)}, 500 if isinstance(error, OutputError) else 400)


class _Pages:
    """What is answered at which address; Starlette runs each in a thread of its pool."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._run = secrets.token_hex(4)

    def index(self, request: Request) -> Response:
        return Response((STATIC / "index.html").read_bytes(), media_type="text/html")

    def head(self, request: Request) -> Response:
        return JSONResponse({**self._collection.head(), "run": self._run, "static": False})

    def selection(self, request: Request) -> Response:
        return JSONResponse(self._set(request).select(_query(request)))

    def rows(self, request: Request) -> Response:
        self._collection.make_way()
        first, count = (_whole(request, name) for name in ("first", "count"))
        return JSONResponse(self._set(request).rows(_query(request), first, count))

    def names(self, request: Request) -> Response:
        text = self._set(request).names(_query(request))
        headers = {"content-disposition": 'attachment; filename="names.txt"'}
        return Response(text, media_type="text/plain", headers=headers)

    def histograms(self, request: Request) -> Response:
        return JSONResponse(self._set(request).histograms(_query(request)))

    def sequence(self, request: Request) -> Response:
        self._collection.make_way()
        shown = self._set(request)
        return JSONResponse(shown.sequence(_below(request, "number", len(shown.shards))))

    def strip(self, request: Request) -> Response:
        self._collection.make_way()
        shown = self._set(request)
        number = _below(request, "number", len(shown.shards))
        return _picture(shown.strip(number), "image/jpeg")

    def frame(self, request: Request) -> Response:
        self._collection.make_way()
        shown = self._set(request)
        number = _below(request, "number", len(shown.shards))
        kind, view = request.path_params["kind"], request.path_params["view"]
        return _picture(shown.frame(number, kind, view), "image/png")

    def captures(self, request: Request) -> Response:
        return JSONResponse(_there(self._collection.captures).document())

    async def decide(self, request: Request) -> Response:
        captures = _there(self._collection.captures)
        verdict = (await _body(request, 64)).decode("utf-8", "replace")
        scene = _below(request, "scene", len(captures.scenes))
        return JSONResponse(await run_in_threadpool(captures.decide, scene, verdict))

    def photo(self, request: Request) -> Response:
        captures = _there(self._collection.captures)
        scene = _below(request, "scene", len(captures.scenes))
        return _picture(captures.photo(scene, request.path_params["place"]), "image/webp")

    def curves(self, request: Request) -> Response:
        stage = self._collection.stages[_below(request, "stage", len(self._collection.stages))]
        return JSONResponse(stage.curves(request.path_params["log"]))

    def panel(self, request: Request) -> Response:
        stage = self._collection.stages[_below(request, "stage", len(self._collection.stages))]
        panel = stage.panels[_below(request, "panel", len(stage.panels))]
        return _picture(panel.read_bytes(), "image/png")

    def results(self, request: Request) -> Response:
        return JSONResponse(_there(self._collection.results).document())

    def output(self, request: Request) -> Response:
        results = _there(self._collection.results)
        number = _below(request, "number", len(results.results))
        method = results.methods[_below(request, "method", len(results.methods))]
        return _picture(results.output(number, method), "image/png")

    async def restore(self, request: Request) -> Response:
        restorer = _there(self._collection.restorer)
        photo = await _body(request, MOST_BYTES)
        return _picture(await run_in_threadpool(restorer.restore, photo), "image/png")

    def _set(self, request: Request) -> ShownSet:
        return self._collection.sets[_below(request, "set", len(self._collection.sets))]


def _query(request: Request) -> Query:
    given = request.query_params
    return parse_query(
        split=given.get("split", ""),
        where=given.getlist("where"),
        sort=given.get("sort", ""),
        descending=given.get("descending") == "1",
    )


def _there(thing: Thing | None) -> Thing:
    if thing is None:
        raise HTTPException(404)
    return thing


def _below(request: Request, name: str, end: int) -> int:
    number = int(request.path_params[name])
    if number >= end:
        raise HTTPException(404)
    return number


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise HTTPException(400)
    return int(text)


def _picture(content: bytes | None, media_type: str) -> Response:
    return Response(_there(content), media_type=media_type, headers=FOREVER)


async def _body(request: Request, most: int) -> bytes:
    """Return the body of a request, refused as soon as it is longer than it may be."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            raise HTTPException(413)
        parts.append(part)
    return b"".join(parts)


def serve(
    collection: Collection,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    announce: Callable[[str], Any],
) -> None:
    """Serve a collection until the process is told to stop.

    Parameters
    ----------
    host : address to listen at; any that is not this machine's own gets a token
    port : 0 takes a free one
    announce : called with the address to open, once it answers

    Raises
    ------
    OutputError
        The address cannot be listened at.
    """
    token = "" if host in LOOPBACK else secrets.token_urlsafe(24)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OutputError(
            f"cannot listen at {host}:{port} ({error.strerror}); choose another --port, or 0"
        ) from error
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(
        make_app(collection, token=token), log_level="warning", lifespan="off", server_header=False
    )
    collection.start()
    try:
        with listener:
            listener.listen(128)
            announce(address + (f"?token={token}" if token else ""))
            # Ctrl-C is how this ends, and no fault.
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listener])
    finally:
        collection.stop()
