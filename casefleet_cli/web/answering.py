"""What the pages answer: from an address and who asks to the bytes, without anything of Datasette in between.

No plugin can stand in for one of our pages, and none has to be asked whether it is allowed.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import sys
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from casefleet_cli import access
from casefleet_cli.custody.originals import SecretInsideError
from casefleet_cli.desk import reading
from casefleet_cli.errors import CasefleetError
from casefleet_cli.store import database, feed_tokens, settings
from casefleet_cli.web import atom, formats, locks, pages, paging, workers
from casefleet_cli.web.asking import Ask, Bytes, NotThereError
from casefleet_cli.web.data import asking, making
from casefleet_cli.web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from casefleet_cli.access import Viewer
    from casefleet_cli.web.asking import Page

_ROUTES = [(re.compile(address), answer) for address, answer in pages.ROUTES]
_HTML = "text/html; charset=utf-8"


class Answer(NamedTuple):
    """What goes back to a browser."""

    status: int
    content: bytes
    content_type: str = _HTML
    headers: Mapping[str, str] = {}


def answer(path: str, viewer: Viewer, address: str, query: str, origin: str = "", token: int | None = None) -> Answer:
    """The answer to a request for an address, as its letters are, from the database at a path; never raises.

    What there is not, what is not for this viewer, and what no page has a right for look alike. A feed also needs what
    comes before the paths of its links, and has the number of the token by which it was asked for.
    """
    base, kind = formats.split(address)
    for route, made_by in _ROUTES:
        found = route.fullmatch(base)
        if found and viewer.may(f"page {made_by.__name__}") and (not kind or formats.has(made_by.__name__, kind)):
            asked = atom.Asked(origin, viewer.user_id or 0, base, query, token)
            return _made(made_by, path, viewer, tuple(map(int, found.groups())), asked, kind)
    if asking.is_address(address) and viewer.may("page data"):
        return _looked(path, viewer, address, query)
    return lost()


def to_reader(path: str, address: str, origin: str) -> Answer:
    """The answer to a feed reader, which is not signed in: the feed that the token in the address opens.

    It is what its user sees at this moment. An address without such a token, and the feed of a page that is not there
    for that user any more, look alike. Raises CasefleetError or sqlite3.Error when the database cannot be read.
    """
    connection = database.open_reader(path, busy_seconds=5)
    try:
        opened = feed_tokens.opened(connection, atom.token_in(address))
        viewer = access.of_user(connection, opened.user_id) if opened else None
    finally:
        connection.close()
    if opened is None or viewer is None:
        return lost()
    page, _, query = opened.page.partition("?")
    made = answer(path, viewer, formats.address_as(page, "atom"), query, origin, opened.number)
    return made if made.status in (200, 503) else lost()


def is_page(address: str) -> bool:
    """Whether an address is one of ours, for those who may see what is there."""
    base, kind = formats.split(address)
    known = any(
        route.fullmatch(base) and (not kind or formats.has(made_by.__name__, kind)) for route, made_by in _ROUTES
    )
    return known or asking.is_address(address)


def takes_its_time(address: str) -> bool:
    """Whether what answers there may take its time, with the bytes of a mail or with a question of somebody's own."""
    from_bytes = any(route.fullmatch(address) for route, made_by in _ROUTES if made_by in pages.FROM_BYTES)
    return from_bytes or asking.is_address(address)


def lost() -> Answer:
    """The answer where there is nothing, or nothing for who asks."""
    return _page(404, "lost.html")


def out_of_reach() -> Answer:
    """The answer where the database cannot be read now."""
    return _page(503, "broken.html", "The database is busy or out of reach.")


def _made(
    made_by: Callable[[Ask], Page | Bytes],
    path: str,
    viewer: Viewer,
    numbers: tuple[int, ...],
    asked: atom.Asked,
    kind: str,
) -> Answer:
    """One page from the database to its bytes, on a connection of its own inside one read transaction."""
    try:
        connection = database.open_reader(path, busy_seconds=5)
        try:
            days = settings.days(connection)
            firm = atom.of_firm(connection)
            # A feed names mail and shows none of it.
            is_noted = kind != "atom" and reading.is_noted(connection)
            opened = pages.OPENING.get(made_by) if is_noted else None
            locks.confine(connection)  # from here on the settings cannot be read
            with database.snapshot(connection):
                arguments = dict(parse_qsl(asked.query, keep_blank_values=True))
                made = made_by(Ask(connection, path, viewer, numbers, arguments, days))
                if opened is not None:  # only of what is there for this viewer, and before it is shown
                    reading.note(path, viewer, numbers[0], " ".join((opened, *map(str, numbers[1:]))))
                if isinstance(made, Bytes):
                    return Answer(200, made.content, made.content_type, made.headers)
                if kind == "atom":
                    return _feed(atom.told(made_by.__name__, made, firm, asked))
                if kind:
                    return Answer(200, formats.told(made_by.__name__, made, kind, asked.address), formats.TYPES[kind])
                frame = {"viewer": viewer, "badges": pages.badges(connection, viewer), "cap": paging.CAP}
            also = formats.links(made_by.__name__, asked.address, asked.query)
            text = render(made.template, {"query": "", "also": also, **frame, **made.values}, days.zone)
            return Answer(200, text.encode("utf-8", "replace"))
        finally:
            connection.close()
    except NotThereError:
        return lost()
    except SecretInsideError as error:
        return _page(403, "withheld.html", str(error))
    except (CasefleetError, sqlite3.OperationalError) as error:
        _report(error)
        return out_of_reach()
    except Exception as error:  # noqa: BLE001 - a bug on one page is told in one line, never with what it looked at
        _report(error)
        return _page(500, "broken.html", "Something went wrong on this page.")


def _looked(path: str, viewer: Viewer, address: str, query: str) -> Answer:
    """A page of /data, or what programs get there, made by a process of its own."""
    if not making.is_able():
        return _page(503, "refused.html", "These tables need Datasette 0.65, and another is installed.")
    try:
        connection = database.open_reader(path, busy_seconds=5)
        try:
            days = settings.days(connection)
            may_sql = viewer.is_admin and settings.get(connection, settings.SQL) == "on"
            ask = asking.asked(address, query, may_sql=may_sql)
            made = making.told(workers.do(making.MAKE, path, viewer, ask, may_sql))
            if not made.title:
                return Answer(made.status, made.content, made.content_type, made.headers)
            locks.confine(connection)
            frame = {"viewer": viewer, "badges": pages.badges(connection, viewer), "cap": paging.CAP, "query": ""}
            shown = {"title": made.title, "content": made.content.decode("utf-8", "replace"), **frame}
            return Answer(made.status, render("data.html", shown, days.zone).encode("utf-8", "replace"))
        finally:
            connection.close()
    except asking.NotKnownError as error:
        return _page(400, "refused.html", str(error))
    except workers.OverrunError:
        return _page(503, "refused.html", "This takes too long, or too much memory. Ask for less of it.")
    except (workers.BusyError, CasefleetError, sqlite3.Error) as error:
        _report(error)
        return out_of_reach()


def _feed(content: bytes) -> Answer:
    """A feed, with what a reader can ask by whether it is still the same (RFC 9110 section 8.8.3)."""
    return Answer(200, content, formats.TYPES["atom"], {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'})


def _page(status: int, template: str, words: str = "") -> Answer:
    return Answer(status, render(template, {"words": words}).encode("utf-8", "replace"))


def _report(error: Exception) -> None:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{at.tb_frame.f_code.co_name}, line {at.tb_lineno}" if at is not None else "nowhere"
    print(f"casefleet serve: {type(error).__name__} in {where}", file=sys.stderr)  # noqa: T201 - the server's log
