"""The Datasette plugin: our pages and our locks on every Datasette that serves a casefleet database."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from datasette.hookspecs import hookimpl
from datasette.utils.asgi import Response

from casefleet_cli.errors import CasefleetError
from casefleet_cli.web import locks

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasette.app import Datasette

    from casefleet_cli.access import Viewer
    from casefleet_cli.web.gate import App, Gate
    from casefleet_cli.web.pages import Ask, Bytes, Page


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[App], Gate]:
    """Put the gate around everything."""
    import datasette.handle_exception as reporting  # noqa: PLC0415

    from casefleet_cli.web.gate import Gate  # noqa: PLC0415 - this module is imported by every Datasette

    # With rich installed, Datasette prints every local variable of a failing page: cookies and mail.
    vars(reporting)["rich"] = None
    return lambda app: Gate(app, datasette)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, datasette: Datasette) -> None:
    """Make Datasette's own connections blind to secrets."""
    if locks.guards(datasette):
        conn.set_authorizer(locks.blind)


@hookimpl(trylast=True)
def permission_allowed(datasette: Datasette, action: str) -> bool | None:  # noqa: ARG001 - asked for by name
    """Deny every stock page and action; the last answer wins, so this one comes last."""
    return False if locks.guards(datasette) else None


@hookimpl
def register_routes(datasette: Datasette) -> list[tuple[str, Callable[..., Any]]]:
    """Our pages, in place of Datasette's own."""
    if not locks.guards(datasette):
        return []
    from casefleet_cli.web import pages  # noqa: PLC0415 - this module is imported by every Datasette

    return [(rf"^{address}\Z", _view(datasette, answer)) for address, answer in pages.ROUTES]


def _view(datasette: Datasette, answer: Callable[[Ask], Page | Bytes]) -> Callable[..., Any]:
    """A page function as Datasette calls views: the work happens in a thread."""

    async def view(request: Any) -> Any:
        from casefleet_cli.web import pages  # noqa: PLC0415 - as above
        from casefleet_cli.web.gate import database_path  # noqa: PLC0415

        viewer = request.scope.get("casefleet_viewer")
        if viewer is None:  # only the gate lets anybody in
            return _response("Log in first.", 401, "text/plain; charset=utf-8")
        if not viewer.may(f"page {answer.__name__}"):
            return await asyncio.to_thread(_lost)
        return await asyncio.get_running_loop().run_in_executor(
            _apart() if answer in pages.FROM_BYTES else None,
            partial(_work, answer, database_path(datasette), viewer, request.path, request.query_string),
        )

    return view


@cache
def _apart() -> ThreadPoolExecutor:
    """Threads for what is made of the bytes of a mail, so that whoever waits for that keeps nobody else waiting."""
    return ThreadPoolExecutor(16, "casefleet-bytes")


def _work(answer: Callable[[Ask], Page | Bytes], path: str, viewer: Viewer, address: str, query: str) -> Any:
    """One page from the database to its bytes, on a connection of its own inside one read transaction."""
    from casefleet_cli.desk import reading  # noqa: PLC0415 - as above
    from casefleet_cli.store import database, settings  # noqa: PLC0415
    from casefleet_cli.web import pages, paging  # noqa: PLC0415
    from casefleet_cli.web.rendering import render  # noqa: PLC0415

    try:
        connection = database.open_reader(path, busy_seconds=5)
        try:
            days = settings.days(connection)
            opened = pages.OPENING.get(answer) if reading.is_noted(connection) else None
            locks.confine(connection)  # from here on the settings cannot be read
            with database.snapshot(connection):
                numbers = tuple(int(piece) for piece in address.split("/") if piece.isdigit())
                arguments = dict(parse_qsl(query, keep_blank_values=True))
                made = answer(pages.Ask(connection, path, viewer, numbers, arguments, days))
                if opened is not None:  # only of what is there for this viewer, and before it is shown
                    reading.note(path, viewer, numbers[0], " ".join((opened, *map(str, numbers[1:]))))
                if isinstance(made, pages.Bytes):
                    return _response(made.content, 200, made.content_type, made.headers)
                frame = {"viewer": viewer, "badges": pages.badges(connection, viewer), "cap": paging.CAP}
            return _response(render(made.template, {"query": "", **frame, **made.values}, days.zone), 200)
        finally:
            connection.close()
    except pages.NotThereError:
        return _response(render("lost.html", {}), 404)
    except (CasefleetError, sqlite3.OperationalError) as error:
        _report(error)
        return _response(render("broken.html", {"words": "The database is busy or out of reach."}), 503)
    except Exception as error:  # noqa: BLE001 - a bug on one page is told in one line, never with what it looked at
        _report(error)
        return _response(render("broken.html", {"words": "Something went wrong on this page."}), 500)


def _lost() -> Any:
    """The answer where there is nothing, or nothing for who asks: the two look alike."""
    from casefleet_cli.web.rendering import render  # noqa: PLC0415 - as above

    return _response(render("lost.html", {}), 404)


def _response(
    body: str | bytes,
    status: int,
    content_type: str = "text/html; charset=utf-8",
    headers: dict[str, str] | None = None,
) -> Any:
    content = body.encode("utf-8", "replace") if isinstance(body, str) else body
    return Response(content, status=status, headers=headers, content_type=content_type)  # type: ignore[no-untyped-call]


def _report(error: Exception) -> None:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{at.tb_frame.f_code.co_name}, line {at.tb_lineno}" if at is not None else "nowhere"
    print(f"casefleet serve: {type(error).__name__} in {where}", file=sys.stderr)  # noqa: T201 - the server's log
