"""How people get in and stay: an address that works once, or a password, and then a signed cookie that expires."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from itsdangerous import BadData, URLSafeSerializer

from casefleet_cli import access
from casefleet_cli.store import database, passwords, visits

if TYPE_CHECKING:
    from datasette.app import Datasette

    from casefleet_cli.access import Viewer

COOKIE = "casefleet_session"
_SALT = "casefleet-session"
_doors: WeakKeyDictionary[Datasette, Door] = WeakKeyDictionary()


class Terms(NamedTuple):
    """Under what names the pages answer, and how people sign in besides the address that works once."""

    public_names: frozenset[str] = frozenset()
    """Names other than this machine's loopback, in lower case; TLS is the proxy's, so cookies ask for it."""
    passwords: bool = False
    proxy: str = ""
    """The address of the one peer whose `header` names the user."""
    header: str = ""
    """In lower case."""

    def origin(self, host: str) -> str:
        """The scheme and the host under which people come: the public name, else the host that is asked for."""
        return f"https://{min(self.public_names)}" if self.public_names else f"http://{host}"


class Door:
    """The entrance of one running server."""

    def __init__(self, book: visits.Book, terms: Terms = Terms(), *, is_shut: bool = False) -> None:  # noqa: B008 - immutable
        self.book = book
        self.terms = terms
        self.is_shut = is_shut
        """Whether nobody has opened it, so that feeds are not there either."""
        self._signer = URLSafeSerializer(book.key(), salt=_SALT)

    def invite(self, user_id: int | None) -> str:
        """A token that lets one person in once, as this user."""
        return self.book.invite(user_id, visits.SECONDS)

    def enter(self, path: str, token: str) -> str | None:
        """The cookie of the session that a token opens, the first time; None ever after and for any other text."""
        accepted = self.book.accept(token)
        return None if accepted is None else self.begin(path, accepted[0])

    def begin(self, path: str, user_id: int | None) -> str | None:
        """The cookie of a new session; None for a user who is disabled meanwhile."""
        standing = "" if user_id is None else _standing(path, user_id)
        return None if standing is None else str(self._signer.dumps(self.book.begin(user_id, standing)))

    def viewer(self, path: str, cookie_value: str) -> Viewer | None:
        """Whose session a cookie is, as the database has it now; None when it is forged or over.

        It is over when its time is, when it was ended, and when the user is disabled, or has another role or password.
        """
        session = self.book.session(self._name(cookie_value)) if cookie_value else None
        if session is None:
            return None
        if session.user_id is None:
            return access.THIS_COMPUTER
        connection = database.open_reader(path, busy_seconds=5)
        try:
            same = passwords.standing(connection, session.user_id) == session.standing
            return access.of_user(connection, session.user_id) if same else None
        finally:
            connection.close()

    def leave(self, cookie_value: str) -> None:
        """End a session at once, whoever still holds its cookie."""
        self.book.end(self._name(cookie_value))

    def set_cookie(self, value: str) -> bytes:
        """The Set-Cookie header that opens a session; no script and no other site can use the cookie."""
        return f"{COOKIE}={value}; Path=/; Max-Age={visits.SECONDS}; {self._flags}".encode("ascii")

    def clear_cookie(self) -> bytes:
        """The Set-Cookie header that takes the session out of the browser."""
        return f"{COOKIE}=; Path=/; Max-Age=0; {self._flags}".encode("ascii")

    @property
    def _flags(self) -> str:
        return "HttpOnly; SameSite=Strict" + ("; Secure" if self.terms.public_names else "")

    def _name(self, cookie_value: str) -> str:
        try:
            name = self._signer.loads(cookie_value)
        except (BadData, ValueError):
            return ""
        return name if isinstance(name, str) else ""


def door_of(datasette: Datasette) -> Door:
    """The entrance of a Datasette instance; closed until somebody is invited."""
    found = _doors.get(datasette)
    return open_door(datasette, Door(visits.in_memory(), is_shut=True)) if found is None else found


def open_door(datasette: Datasette, door: Door) -> Door:
    """Make this the entrance of a Datasette instance."""
    _doors[datasette] = door
    return door


def _standing(path: str, user_id: int) -> str | None:
    connection = database.open_reader(path, busy_seconds=5)
    try:
        return passwords.standing(connection, user_id)
    finally:
        connection.close()
