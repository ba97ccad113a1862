"""What a page is asked with, and what it answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.store.correspondence import TOP, Spot
from casefleet_cli.store.database import BEYOND

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from casefleet_cli.access import Viewer
    from casefleet_cli.core.moments.days import Days

_SPOT = re.compile(r"(-?[0-9]{1,12})\.([0-9]{1,18})")


class Ask(NamedTuple):
    """One request for a page."""

    connection: sqlite3.Connection
    path: str
    """Of the database file, for the one page that needs the bytes."""
    viewer: Viewer
    numbers: tuple[int, ...]
    """The row numbers in the address."""
    arguments: Mapping[str, str]
    days: Days

    @property
    def before(self) -> int:
        """Where this page of a list begins; anything that is no number begins at the top."""
        return self.number("before", BEYOND)

    @property
    def spot(self) -> Spot:
        """The same in a list by the moment of the mail, where a page ends at a moment and a number."""
        found = _SPOT.fullmatch(self.arguments.get("before", ""))
        return Spot(int(found[1]), int(found[2])) if found else TOP

    def number(self, name: str, otherwise: int) -> int:
        """The number that is asked for under a name; anything else is as if nothing were."""
        text = self.arguments.get(name, "")
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else otherwise


class Page(NamedTuple):
    """A template and its values."""

    template: str
    values: dict[str, Any]


class Bytes(NamedTuple):
    """An answer that is no page of ours: a mail's HTML or an attachment."""

    content: bytes
    content_type: str
    headers: dict[str, str]


class NotThereError(Exception):
    """There is nothing at this address, or not for this viewer: the two look alike."""


def there(found: dict[str, Any] | None) -> dict[str, Any]:
    """What was found; raises NotThereError where nothing was."""
    if found is None:
        raise NotThereError
    return found
