"""The Datasette plugin: our pages and our locks on every Datasette that serves a casefleet database.

All that is served of it passes the gate, which knows our own addresses and refuses every other, whoever serves it. The
other hooks are second locks. Each has the last word: it wraps those of all other plugins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasette.hookspecs import hookimpl

from casefleet_cli.web import locks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from datasette.app import Datasette


@hookimpl(hookwrapper=True, tryfirst=True)
def asgi_wrapper(datasette: Datasette) -> Generator[None, Any, None]:
    """Put the gate around everything, what other plugins put around Datasette included."""
    outcome = yield
    import datasette.handle_exception as reporting  # noqa: PLC0415

    from casefleet_cli.web.gate import Gate  # noqa: PLC0415 - this module is imported by every Datasette

    # With rich installed, Datasette prints every local variable of a failing page: cookies and mail.
    vars(reporting)["rich"] = None
    outcome.force_result([*outcome.get_result(), lambda app: Gate(app, datasette)])


@hookimpl(hookwrapper=True, tryfirst=True)
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> Generator[None, Any, None]:
    """Let Datasette's own connections see no row of ours, whatever other plugins make of them."""
    yield
    if locks.guarded(datasette):
        held = datasette.databases.get(database)
        is_other = held is not None and not (held.path and locks.is_ours(str(held.path)))
        conn.set_authorizer(locks.nothing_attached if is_other else locks.closed)


@hookimpl(hookwrapper=True, tryfirst=True)
def permission_allowed(datasette: Datasette) -> Generator[None, Any, None]:
    """Deny every stock page and action, whatever other plugins allow; Datasette before 1.0 asks this."""
    outcome = yield
    if locks.guarded(datasette):
        outcome.force_result([False])


@hookimpl(hookwrapper=True, tryfirst=True)
def permission_resources_sql(datasette: Datasette) -> Generator[None, Any, None]:
    """The same for Datasette from 1.0 on."""
    outcome = yield
    if locks.guarded(datasette):
        from datasette.permissions import PermissionSQL  # noqa: PLC0415 - only there

        outcome.force_result([PermissionSQL.deny("casefleet")])
