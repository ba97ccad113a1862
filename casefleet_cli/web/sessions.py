"""How people get in: an address that works once, then a signed cookie that expires."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from itsdangerous import BadData

from casefleet_cli import clock

if TYPE_CHECKING:
    from datasette.app import Datasette

COOKIE = "casefleet_session"
SECONDS = 12 * 60 * 60
"""A session lasts twelve hours."""
_NAMESPACE = "casefleet-session"
_doors: WeakKeyDictionary[Datasette, Door] = WeakKeyDictionary()


class Session(NamedTuple):
    """One person's visit: the user (None: the person at this computer), when it ends, and its own name."""

    user_id: int | None
    ends_at: int
    name: str


class Door:
    """The entrance of one running server: tokens not yet used, sessions ended before their time."""

    def __init__(self, datasette: Datasette) -> None:
        self._datasette: Any = datasette
        self._tokens: dict[str, int | None] = {}
        self._ended: set[str] = set()

    def invite(self, user_id: int | None) -> str:
        """A token that lets one person in once, as this user."""
        token = clock.token(32)
        self._tokens[token] = user_id
        return token

    def enter(self, token: str) -> Session | None:
        """The session that a token opens, the first time; None ever after and for any other text."""
        for known in self._tokens:
            if hmac.compare_digest(known.encode(), token.encode("utf-8", "replace")):
                user_id = self._tokens.pop(known)
                return Session(user_id, _seconds() + SECONDS, clock.token())
        return None

    def cookie_value(self, session: Session) -> str:
        """The session as a signed text."""
        return str(self._datasette.sign(list(session), _NAMESPACE))

    def session_of(self, cookie_value: str) -> Session | None:
        """The session of a cookie, or None when it is forged, over or ended."""
        try:
            user_id, ends_at, name = self._datasette.unsign(cookie_value, _NAMESPACE)
        except (BadData, TypeError, ValueError):
            return None
        session = Session(user_id, ends_at, name)
        return session if ends_at > _seconds() and name not in self._ended else None

    def leave(self, session: Session) -> None:
        """End a session at once, whoever still holds its cookie."""
        self._ended.add(session.name)


def door_of(datasette: Datasette) -> Door:
    """The entrance of a Datasette instance; closed until somebody is invited."""
    found = _doors.get(datasette)
    if found is None:
        found = _doors[datasette] = Door(datasette)
    return found


def set_cookie(value: str) -> bytes:
    """The Set-Cookie header that opens a session; no script and no other site can use the cookie."""
    return f"{COOKIE}={value}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Strict".encode("ascii")


def clear_cookie() -> bytes:
    """The Set-Cookie header that takes the session out of the browser."""
    return f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict".encode("ascii")


def _seconds() -> int:
    return int(clock.now().timestamp())
