"""Who may ask the server for what: this machine's browser, or whoever holds the token."""

import hmac
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "seqsynth-view"

MARK = "x-seqsynth-view"
"""Header of every request that changes something: another site's page cannot set it unasked."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Middleware that refuses strangers and sends the security headers with every answer.

    Without a token only addresses of this machine are answered, by the name they ask for: a page
    of another site whose name was made to point here is refused. With one, the first request
    carries it in its address and gets a cookie.

    Parameters
    ----------
    app : what answers
    token : "" for none
    hosts : names beside `LOOPBACK` that the server may be asked by
    """

    def __init__(self, app: ASGIApp, token: str = "", hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._token = token
        self._hosts = LOOPBACK | set(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        answer = self._app if refusal is None else refusal
        await answer(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Any:
        headers = Headers(scope=scope)
        if not self._token and _host(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("this server answers its own machine alone", 403)
        if self._token and not self._knows(headers.get("cookie", "")):
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return PlainTextResponse("open the address that seqsynth view printed", 403)
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            return answer
        if scope["method"] not in ("GET", "HEAD") and headers.get(MARK) != "1":
            return PlainTextResponse("this changes something and must come from the page", 403)
        return None

    def _knows(self, cookies: str) -> bool:
        cookie = SimpleCookie(cookies).get(COOKIE)
        return cookie is not None and hmac.compare_digest(cookie.value, self._token)


def _host(text: str) -> str:
    """Return the host of a Host header without its port."""
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return send_with_headers
