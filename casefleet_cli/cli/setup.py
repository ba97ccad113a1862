"""Making and upgrading the database: init, migrate."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.desk import firm
from casefleet_cli.store import database


def init(
    context: typer.Context,
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="The domain of the BCC addresses: log.firm.example.")],
) -> None:
    """Make the database of a firm (mode 0600); an existing file is never touched."""
    path = context.obj.database_path
    kept = firm.found(path, domain)
    output.say(f"Made {os.path.abspath(path)} for {kept}. Next: casefleet user add NAME ADDRESS")  # noqa: PTH100


def migrate(context: typer.Context) -> None:
    """Bring the database up to this release, all of it or nothing."""
    from casefleet_cli.store import migrations  # noqa: PLC0415

    connection = database.open_database(context.obj.database_path, migrating=True)
    applied = migrations.apply(connection)
    connection.close()
    output.say(f"Applied {', '.join(applied)}." if applied else "The database is up to date; nothing to do.")
