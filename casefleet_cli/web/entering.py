"""Signing in and out: what /login and /logout do, and whom a proxy vouches for."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

from casefleet_cli import access, clock
from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Callable

    from casefleet_cli.access import Viewer
    from casefleet_cli.web.sessions import Door

_FREE_TRIES = 5
_LONGEST_WAIT = 300.0
_REMEMBERED = 10_000
"""Names and peers whose wrong passwords are counted; of more, the longest unseen are forgotten."""
_AT_ONCE = 2
"""Passwords that are checked at the same time: each takes 64 MB and most of a core."""
_WAITING = 20
LONGEST_FORM = 8192
AHEAD = ("prefetch", "prerender")


class Answer(NamedTuple):
    """What came of signing in."""

    cookie: str | None
    problem: str = ""
    status: int = 401


class Throttle:
    """Counts wrong passwords, by name and by peer, in memory: each beyond the fifth doubles the wait."""

    def __init__(self, ticks: Callable[[], float] = clock.ticks) -> None:
        self._ticks = ticks
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until one of these may try again."""
        return max(0.0, *(self._wrong.get(key, (0, 0.0))[1] - self._ticks() for key in keys))

    def was_wrong(self, *keys: str) -> None:
        """Note a wrong password."""
        for key in keys:
            count = self._wrong.pop(key, (0, 0.0))[0] + 1
            seconds = 0.0 if count < _FREE_TRIES else min(_LONGEST_WAIT, 2.0 ** min(count - _FREE_TRIES, 20))
            self._wrong[key] = (count, self._ticks() + seconds)
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)

    def was_right(self, *keys: str) -> None:
        """Forget what was wrong before."""
        for key in keys:
            self._wrong.pop(key, None)


class Desk:
    """Where passwords are checked: off the event loop, a few at a time."""

    def __init__(self, throttle: Throttle | None = None) -> None:
        self._throttle = throttle or Throttle()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._here = 0

    async def sign_in(self, door: Door, path: str, peer: str, form: bytes) -> Answer:
        """The cookie for who knows a password, or what is wrong in a sentence."""
        fields = parse_qs(form.decode("utf-8", "replace"))
        name, password = (fields.get(field, [""])[0] for field in ("name", "password"))
        keys = (f"name {name.strip().casefold()[:200]}", *([f"peer {peer[:100]}"] if peer else []))
        wait = self._throttle.wait(*keys)
        if wait > 0:
            return Answer(None, f"Too many wrong passwords; try again in {max(1, round(wait))} seconds.", 429)
        if self._here >= _WAITING:
            return Answer(None, "Many people sign in at this moment; try again in a minute.", 503)
        self._here += 1
        try:
            async with self._turns:
                cookie = await asyncio.to_thread(_begun, door, path, name, password)
        finally:
            self._here -= 1
        if cookie is None:
            self._throttle.was_wrong(*keys)
            return Answer(None, "No user has this name and password.")
        self._throttle.was_right(keys[0])
        return Answer(cookie)


def vouched_for(path: str, name: str) -> Viewer | None:
    """The user whom a trusted proxy names by a unix login or a sender address, or None."""
    connection = database.open_reader(path, busy_seconds=5)
    try:
        user_id = password_desk.user_called(connection, name)
        return None if user_id is None else access.of_user(connection, user_id)
    finally:
        connection.close()


def safe_target(target: str) -> str:
    """A path of this server to go on to, with its query; "/" for what a browser would take for another server."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


def is_foreign(site: str, origin: str, host: str) -> bool:
    """Whether a request was caused by a page that is not ours: by its Sec-Fetch-Site, Origin and Host."""
    if site not in ("", "same-origin", "none"):
        return True
    if origin == "null":  # what browsers say of our own pages, too, since those tell nobody where they are
        return site != "same-origin"
    try:
        named = urlsplit(origin).hostname or ""
    except ValueError:
        return True
    # Without the port: proxies pass on the name alone.
    return bool(origin) and named != host.rpartition(":")[0 if re.search(r":[0-9]+\Z", host) else 2].strip("[]").lower()


def _begun(door: Door, path: str, name: str, password: str) -> str | None:
    connection = database.open_reader(path, busy_seconds=5)
    try:
        user_id = password_desk.signed_in(connection, name, password)
    finally:
        connection.close()
    return None if user_id is None else door.begin(path, user_id)
