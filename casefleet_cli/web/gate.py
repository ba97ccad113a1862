"""The outer gate: nothing reaches Datasette but our own addresses, asked by somebody we know, under a name of ours."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from casefleet_cli.errors import CasefleetError
from casefleet_cli.web import answering, entering, locks, sessions
from casefleet_cli.web.answering import Answer
from casefleet_cli.web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from datasette.app import Datasette

    from casefleet_cli import access

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

STATIC = {"/style.css": "text/css", "/data.css": "text/css", "/icon.svg": "image/svg+xml"}
"""What anybody may have, by its address, with its type."""


class Gate:
    """ASGI middleware around all of Datasette; it lets everything through as long as no database was ours."""

    def __init__(self, app: App, datasette: Datasette) -> None:
        self._app = app
        self._datasette = datasette
        self._path = locks.guarded(datasette)
        self._desk = entering.Desk()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        # Once closed it stays closed: another file under our database's name opens nothing.
        self._path = self._path or locks.guarded(self._datasette)
        if not self._path:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            send = _with_headers(send)
            try:
                await self._http(scope, receive, send)
            except (CasefleetError, sqlite3.Error):
                await _send(send, scope, answering.out_of_reach())
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = sessions.door_of(self._datasette)
        host = _header(scope, b"host")
        if not (locks.LOOPBACK_NAME.fullmatch(host) or _name_of(host) in door.terms.public_names):
            await _answer(send, scope, 421, "This server answers to other names only.\n", content_type="text/plain")
            return
        path = _path(scope)
        if path in STATIC:
            await _answer(send, scope, 200, _static(path), content_type=STATIC[path])
            return
        if path.startswith("/feeds/"):
            await self._feed(scope, send, door, path)
            return
        viewer = await asyncio.to_thread(self._viewer, scope, door)
        is_foreign = entering.is_foreign(_header(scope, b"sec-fetch-site"), _header(scope, b"origin"), host)
        if path == "/login":
            await self._login(scope, receive, send, door, known=viewer is not None, is_foreign=is_foreign)
        elif path == "/logout" and scope["method"] == "POST":
            if is_foreign:
                await _answer(send, scope, 403, "Another site asked for this.\n", content_type="text/plain")
                return
            await asyncio.to_thread(door.leave, _cookie(scope))
            await _redirect(send, "/login", door.clear_cookie())
        elif viewer is None:
            # A link on another site brings no SameSite=Strict cookie; asked again from our own page, it does.
            arriving = scope["method"] == "GET" and _header(scope, b"sec-fetch-site") in ("cross-site", "same-site")
            await _sign_in_page(send, scope, door, 401, again=_target(scope) if arriving else "", to=_target(scope))
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, scope, 405, "These pages are for reading only.\n", content_type="text/plain")
        else:
            query = scope["query_string"].decode("latin-1")
            made = await asyncio.get_running_loop().run_in_executor(
                _apart() if answering.takes_its_time(path) else None,
                partial(answering.answer, self._path, viewer, path, query, door.terms.origin(host)),
            )
            await _send(send, scope, made)

    async def _feed(self, scope: Scope, send: Send, door: sessions.Door, path: str) -> None:
        """Answer a feed reader: it has no cookie, and none would count; its address has a token."""
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, scope, 405, "These pages are for reading only.\n", content_type="text/plain")
        elif door.is_shut:
            await _send(send, scope, answering.lost())
        else:
            origin = door.terms.origin(_header(scope, b"host"))
            await _send(send, scope, await asyncio.to_thread(answering.to_reader, self._path, path, origin))

    def _viewer(self, scope: Scope, door: sessions.Door) -> access.Viewer | None:
        """Who asks, as the database has it now: a disabled user is nobody at once."""
        if door.terms.proxy and (scope.get("client") or ("",))[0] == door.terms.proxy:
            named = _header(scope, door.terms.header.encode("ascii"))
            if named:
                return entering.vouched_for(self._path, named)
        return door.viewer(self._path, _cookie(scope))

    async def _login(
        self, scope: Scope, receive: Receive, send: Send, door: sessions.Door, *, known: bool, is_foreign: bool
    ) -> None:
        if scope["method"] == "POST":
            await self._password(scope, receive, send, door, is_foreign=is_foreign)
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        token = query.get("token", [""])[0]
        # Programs that look ahead ask with HEAD, browsers say that they do; neither may use the address up.
        is_ahead = scope["method"] != "GET" or _header(scope, b"sec-purpose").startswith(entering.AHEAD)
        is_ahead = is_ahead or _header(scope, b"purpose") in entering.AHEAD
        cookie = None
        if token and not is_ahead:
            cookie = await asyncio.to_thread(door.enter, self._path, token)
        if cookie is not None:
            await _redirect(send, "/", door.set_cookie(cookie))
        elif known:
            await _redirect(send, "/")
        else:
            problem = "That address was used already, or its time is over." if token and not is_ahead else ""
            await _sign_in_page(send, scope, door, 401, problem=problem)

    async def _password(
        self, scope: Scope, receive: Receive, send: Send, door: sessions.Door, *, is_foreign: bool
    ) -> None:
        form = await _body(receive, entering.LONGEST_FORM)
        if not door.terms.passwords or is_foreign or form is None:
            await _sign_in_page(send, scope, door, 403, problem="This form is not ours; sign in here.")
            return
        to = parse_qs(form.decode("utf-8", "replace")).get("to", ["/"])[0]
        peer = str((scope.get("client") or ("",))[0])
        if peer == door.terms.proxy or (door.terms.public_names and locks.is_loopback(peer)):
            # All come from the proxy; whom it names is whom it saw. Nobody is kept out for what others guessed.
            peer = _header(scope, b"x-forwarded-for").rpartition(",")[2].strip()
        answer = await self._desk.sign_in(door, self._path, peer, form)
        if answer.cookie is None:
            await _sign_in_page(send, scope, door, answer.status, problem=answer.problem, to=to)
        else:
            await _redirect(send, entering.safe_target(to), door.set_cookie(answer.cookie))


@cache
def _apart() -> ThreadPoolExecutor:
    """Threads for what other processes make, so that whoever waits for that keeps nobody else waiting."""
    return ThreadPoolExecutor(16, "casefleet-apart")


async def _live(receive: Receive, send: Send) -> None:
    """Begin and end with the server, without what Datasette or another plugin would do then: it serves nothing."""
    message: MutableMapping[str, Any] = {}
    while message.get("type") != "lifespan.shutdown":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


@cache
def _static(path: str) -> str:
    return (files("casefleet_cli.web") / "static" / path.lstrip("/")).read_text(encoding="utf-8")


def _path(scope: Scope) -> str:
    """The path as Datasette's router reads it: undecoded, where the server gives it so."""
    raw = scope.get("raw_path")
    path = scope["path"] if raw is None else bytes(raw).decode("latin-1")
    return str(path).partition("?")[0]


def _target(scope: Scope) -> str:
    """The address that was asked for, where a browser may be sent back to it."""
    query = scope["query_string"].decode("latin-1")
    return entering.safe_target(_path(scope) + (f"?{query}" if query else ""))


def _name_of(host: str) -> str:
    """The name in a Host header, without the port."""
    return host.partition(":")[0].lower()


async def _body(receive: Receive, most: int) -> bytes | None:
    """What was sent, or None when it is longer."""
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if len(content) > most or message["type"] != "http.request":
            return None
        if not message.get("more_body"):
            return content


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


def _cookie(scope: Scope) -> str:
    for pair in _header(scope, b"cookie").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == sessions.COOKIE:
            return value
    return ""


def _with_headers(send: Send) -> Send:
    """The send that puts our headers on every answer, in place of any other values."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            theirs = [(key.lower(), value) for key, value in message.get("headers", [])]
            kept = [(key, value) for key, value in theirs if key not in locks.HEADERS]
            named = {key for key, _ in kept}
            added = [(key, value) for key, value in locks.DEFAULT_HEADERS.items() if key not in named]
            message = {**message, "headers": [*kept, *locks.HEADERS.items(), *added]}
        await send(message)

    return sending


async def _answer(send: Send, scope: Scope, status: int, text: str, *, content_type: str = "text/html") -> None:
    await _send(send, scope, Answer(status, text.encode("utf-8", "replace"), f"{content_type}; charset=utf-8"))


async def _send(send: Send, scope: Scope, answer: Answer) -> None:
    known = answer.headers.get("ETag", "")
    if known and known in (each.strip().removeprefix("W/") for each in _header(scope, b"if-none-match").split(",")):
        await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", known.encode("ascii"))]})
        await send({"type": "http.response.body", "body": b""})
        return
    headers = [
        (b"content-type", answer.content_type.encode("ascii")),
        (b"content-length", str(len(answer.content)).encode("ascii")),
        *((name.lower().encode("ascii"), value.encode("latin-1")) for name, value in answer.headers.items()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.content})


async def _sign_in_page(
    send: Send, scope: Scope, door: sessions.Door, status: int, *, problem: str = "", again: str = "", to: str = "/"
) -> None:
    said = {"problem": problem, "again": again, "passwords": door.terms.passwords, "to": to}
    await _answer(send, scope, status, render("login.html", said))


async def _redirect(send: Send, to: str, cookie: bytes | None = None) -> None:
    headers = [(b"location", to.encode("ascii")), (b"content-length", b"0")]
    if cookie is not None:
        headers.append((b"set-cookie", cookie))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
