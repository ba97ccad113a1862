"""The Datasette plugin: our pages and our locks on every Datasette that serves a casefleet database.

All that is served of it passes the gate, which knows our own addresses and refuses every other, whoever serves it. The
other hooks are second locks; Datasette 1 asks them under other names or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasette.hookspecs import hookimpl

from casefleet_cli.web import locks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from datasette.app import Datasette

    from casefleet_cli.web.gate import App, Gate


@hookimpl(trylast=True)
def asgi_wrapper(datasette: Datasette) -> Callable[[App], Gate]:
    """Put the gate around everything, the wrappers of other plugins included: the last is the outermost."""
    import datasette.handle_exception as reporting  # noqa: PLC0415

    from casefleet_cli.web.gate import Gate  # noqa: PLC0415 - this module is imported by every Datasette

    # With rich installed, Datasette prints every local variable of a failing page: cookies and mail.
    vars(reporting)["rich"] = None
    return lambda app: Gate(app, datasette)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """Let Datasette's own connections read nothing of a casefleet database."""
    held = datasette.databases.get(database)
    if held is None or (held.path and locks.is_ours(str(held.path))):
        conn.set_authorizer(locks.closed)


@hookimpl(trylast=True)
def permission_allowed(datasette: Datasette, action: str) -> bool | None:  # noqa: ARG001 - asked for by name
    """Deny every stock page and action; the last answer wins, so this one comes last."""
    return False if locks.guards(datasette) else None
