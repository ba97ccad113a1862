"""The answer to one request under /data, made in a process of its own: hostile questions hold up nobody else."""

from __future__ import annotations

import csv
import io
import json
import pickle
import sys
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.spreadsheets import harmless_cell
from casefleet_cli.web.workers import Task

if TYPE_CHECKING:
    from types import ModuleType

    from casefleet_cli.access import Viewer
    from casefleet_cli.web.data.asking import Ask

_TYPES = {"": "text/html; charset=utf-8", "json": "application/json; charset=utf-8", "csv": "text/csv; charset=utf-8"}
_KEPT = ("content-disposition", "location")


class Told(NamedTuple):
    """What goes back: a whole answer, or (title) what is in the middle of a page."""

    status: int
    title: str
    content: bytes
    content_type: str
    headers: dict[str, str]


def told(octets: bytes) -> Told:
    """The answer that a process gave."""
    return Told(*pickle.loads(octets))  # noqa: S301 - of a process of the server itself


@cache
def is_able() -> bool:
    """Whether the Datasette that is installed is one that /data is made with: before 1.0."""
    return version("datasette").startswith("0.")


def begin() -> None:
    """Make ready what every answer needs."""
    _site().the_site()


def made(path: str, viewer: Viewer, ask: Ask, may_sql: bool) -> bytes:
    """The answer to who asks, over the database at a path; see `told`."""
    answer = _site().asked(path, viewer.sight, ask, may_sql=may_sql)
    status = answer.status if answer.status < 500 else 400
    content, title = answer.body, ""
    headers = {name: value for name, value in answer.headers.items() if name in _KEPT}
    content_type = _type(ask, answer.headers)
    if content_type == _TYPES[""] and "location" not in headers:
        head, _, body = answer.body.partition(_site().TITLE_ENDS.encode())
        title, content = head.decode().strip(), body
    elif answer.status >= 500:
        content = json.dumps({"ok": False, "error": "This cannot be understood.", "status": status}).encode()
    elif ask.kind == "csv" and status == 200:
        content = _harmless(answer.body)
    return pickle.dumps(tuple(Told(status, title, content, content_type, headers)))


MAKE = Task(made, processor=12.0, clock=20.0, pool="data", patience=5.0, begin="begin")
"""A page asks several questions, each of which ends after three seconds."""


def _site() -> ModuleType:
    """The Datasette of a process that answers, without the plugins of others."""
    # Datasette looks for none where it is told that it is tested; there is no other way.
    sys._called_from_test = True  # type: ignore[attr-defined] # noqa: SLF001
    from casefleet_cli.web.data import site  # noqa: PLC0415 - the server's own process has no use for it

    return site


def _type(ask: Ask, headers: dict[str, str]) -> str:
    given = headers.get("content-type", "")
    if given.startswith("text/html"):  # what is wrong is told so in CSV, too
        return _TYPES[""]
    is_lines = ask.kind == "json" and given.startswith("text/plain")
    return "application/x-ndjson; charset=utf-8" if is_lines else _TYPES[ask.kind]


def _harmless(octets: bytes) -> bytes:
    """CSV in which no cell is a formula to a spreadsheet."""
    text = io.StringIO(newline="")
    rows = csv.reader(io.StringIO(octets.decode("utf-8", "replace"), newline=""))
    csv.writer(text).writerows([harmless_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")
