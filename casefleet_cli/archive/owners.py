"""Whose mail a message of an archive is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.core.address import normal
from casefleet_cli.store import users

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.rules.routing import Letterhead

NOBODYS = "It was neither sent nor received by a user of the firm; name one with --user."
_UNREAD = "It could not be understood, so that nobody can tell whose it is; name a user with --user to keep it."


def why_nobodys(letterhead: Letterhead | None) -> str:
    """The sentence for a message that has no owner."""
    return _UNREAD if letterhead is None else NOBODYS


class Owners:
    """Tells the user a message belongs to: the one that was named, or by its addresses."""

    def __init__(self, connection: sqlite3.Connection, user_id: int | None) -> None:
        self._connection = connection
        self._user_id = user_id
        self._known: dict[str, int | None] = {}

    def of(self, letterhead: Letterhead | None) -> int | None:
        """Who sent it, or else the first of the firm who received it; None when it is nobody's."""
        if self._user_id is not None:
            return self._user_id
        if letterhead is None:
            return None
        for mailbox in (*letterhead.from_, *letterhead.to, *letterhead.cc, *letterhead.bcc):
            user_id = self._by_address(mailbox.address)
            if user_id is not None:
                return user_id
        return None

    def _by_address(self, address: str) -> int | None:
        if address not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[address] = users.by_sender_address(self._connection, normal(address))
        return self._known[address]
