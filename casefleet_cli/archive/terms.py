"""On what terms an archive is brought in: routed or only kept, judged by what is open now or was open then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.intake.deciding import Memory
from casefleet_cli.store.history import History

if TYPE_CHECKING:
    import sqlite3


class Terms:
    """The terms of one import; the history is read once, when it is first needed."""

    def __init__(self, *, is_routed: bool = True, as_of_sent: bool = False) -> None:
        self._is_routed = is_routed
        self._as_of_sent = as_of_sent
        self._history: History | None = None

    @property
    def options(self) -> dict[str, str]:
        """As the database keeps them: what is not usual."""
        return {
            **({} if self._is_routed else {"route": "none"}),
            **({"as_of": "sent"} if self._as_of_sent else {}),
        }

    def memory(self, connection: sqlite3.Connection) -> Memory:
        """A memory for one transaction that decides on these terms."""
        if self._as_of_sent and self._history is None:
            self._history = History(connection)
        return Memory(connection, history=self._history, is_routed=self._is_routed)
