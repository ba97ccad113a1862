"""The outer gate: nothing reaches Datasette but our own addresses, asked by somebody we know, under a name of ours."""

from __future__ import annotations

import asyncio
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from casefleet_cli import access
from casefleet_cli.store import database
from casefleet_cli.web import locks, pages, sessions
from casefleet_cli.web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from datasette.app import Datasette

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

STATIC = {"/style.css": "text/css", "/icon.svg": "image/svg+xml"}
"""What anybody may have, by its address, with its type."""
_OURS = re.compile("|".join(f"(?:{address})" for address, _ in pages.ROUTES))


class Gate:
    """ASGI middleware around all of Datasette; it lets everything through when no database is ours."""

    def __init__(self, app: App, datasette: Datasette) -> None:
        self._app = app
        self._datasette = datasette

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan" or not locks.guards(self._datasette):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not locks.LOOPBACK_NAME.fullmatch(_header(scope, b"host")):
            await _answer(send, scope, 421, "This server answers to localhost only.\n", content_type="text/plain")
            return
        path = _path(scope)
        if path in STATIC:
            await _answer(send, scope, 200, _static(path), content_type=STATIC[path])
            return
        door = sessions.door_of(self._datasette)
        session = door.session_of(_cookie(scope))
        viewer = await self._viewer(session)
        if path == "/login":
            await self._login(scope, send, door, known=viewer is not None)
        elif path == "/logout" and scope["method"] == "POST":
            if session is not None and _header(scope, b"sec-fetch-site") in ("", "same-origin", "none"):
                door.leave(session)
            await _redirect(send, "/login", sessions.clear_cookie())
        elif viewer is None:
            # A link on another site brings no SameSite=Strict cookie; asked again from our own page, it does.
            arriving = scope["method"] == "GET" and _header(scope, b"sec-fetch-site") in ("cross-site", "same-site")
            await _answer(send, scope, 401, render("login.html", {"problem": "", "again": path if arriving else ""}))
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, scope, 405, "These pages are for reading only.\n", content_type="text/plain")
        elif not _OURS.fullmatch(path):
            await _answer(send, scope, 404, render("lost.html", {}))
        else:
            actor = {"id": "casefleet", "name": viewer.name}
            await self._app({**scope, "actor": actor, "casefleet_viewer": viewer}, receive, send)

    async def _viewer(self, session: sessions.Session | None) -> access.Viewer | None:
        """Who the session belongs to, as the database has it now: a disabled user is nobody at once."""
        if session is None:
            return None
        if session.user_id is None:
            return access.THIS_COMPUTER
        return await asyncio.to_thread(_user, database_path(self._datasette), session.user_id)

    async def _login(self, scope: Scope, send: Send, door: sessions.Door, *, known: bool) -> None:
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        # Programs that look ahead ask with HEAD; that must not use the address up.
        session = door.enter(token) if token and scope["method"] == "GET" else None
        if session is not None:
            await _redirect(send, "/", sessions.set_cookie(door.cookie_value(session)))
        elif known:
            await _redirect(send, "/")
        else:
            problem = "That address was used already, or belongs to an earlier start of the server." if token else ""
            await _answer(send, scope, 401, render("login.html", {"problem": problem, "again": ""}))


def database_path(datasette: Datasette) -> str:
    """The file of the casefleet database that this Datasette serves."""
    return next(str(held.path) for held in datasette.databases.values() if held.path and locks.is_ours(str(held.path)))


def _user(path: str, user_id: int) -> access.Viewer | None:
    connection = database.open_reader(path, busy_seconds=5)
    try:
        return access.of_user(connection, user_id)
    finally:
        connection.close()


@cache
def _static(path: str) -> str:
    return (files("casefleet_cli.web") / "static" / path.lstrip("/")).read_text(encoding="utf-8")


def _path(scope: Scope) -> str:
    """The path as Datasette's router reads it: undecoded, where the server gives it so."""
    raw = scope.get("raw_path")
    path = scope["path"] if raw is None else bytes(raw).decode("latin-1")
    return str(path).partition("?")[0]


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
    body = text.encode("utf-8", "replace")
    headers = [
        (b"content-type", f"{content_type}; charset=utf-8".encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _redirect(send: Send, to: str, cookie: bytes | None = None) -> None:
    headers = [(b"location", to.encode("ascii")), (b"content-length", b"0")]
    if cookie is not None:
        headers.append((b"set-cookie", cookie))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
