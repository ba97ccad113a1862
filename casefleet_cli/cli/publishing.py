"""casefleet publish: a snapshot for plain Datasette."""

from __future__ import annotations

import shlex
from pathlib import Path  # noqa: TC003 - typer asks for it
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import access
from casefleet_cli.cli import output
from casefleet_cli.custody import publishing
from casefleet_cli.store import cases, references, settings

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State


def publish(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="OUT.db", help="A file that is not there yet.")],
    eyes: Annotated[str | None, typer.Option("--as", metavar="USER", help="Only what this user may see.")] = None,
    case: Annotated[str | None, typer.Option(metavar="CASE", help="Only this case.")] = None,
    metadata: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For Datasette's metadata; else metadata.yaml beside it.")
    ] = None,
) -> None:
    """Write what may be seen, without held and rejected mail and without originals, as a database for plain Datasette.

    It holds no BCC address, and changes no more. Whoever has the file sees all of it.
    """
    state: State = context.obj
    connection = state.connection()
    viewer = access.who(connection, references.user(connection, eyes)) if eyes else state.viewer()
    case_id = references.case(connection, case, viewer.sight) if case else None
    named = str(cases.one(connection, case_id)["number"]) if case_id else ""
    title = f"Mail of {settings.logging_domain(connection)}" + (f", case {named}" if named else "")
    done = publishing.publish(state.database_path, to, viewer, title=title, case_id=case_id, described=metadata)
    publishing.note(connection, to, viewer, named, acting=state.acting())
    counts = [f"{done.rows[name]} {noun}" for name, noun in (("mail", "e-mails"), ("cases", "cases"))]
    output.say(f"Published {' and '.join(counts)} to {to}. Look at them:")
    words = ["datasette", str(to), "-m", str(done.metadata), "--setting", "suggest_facets", "off"]
    output.say(f"  {shlex.join(words)}", raw=True)
