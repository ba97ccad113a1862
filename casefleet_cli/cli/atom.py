"""casefleet atom: addresses for feed readers, which cannot sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import output, serve
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core import query
from casefleet_cli.desk import feeds as feed_desk
from casefleet_cli.errors import TryAgainError, UsageError

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State

app = typer.Typer(help="Atom feeds of the pages, for feed readers.", no_args_is_help=True)

_COLUMNS = (Column("id", "feed"), "user", "page", Column("created_at", "since"))


@app.command("add")
def add(
    context: typer.Context,
    page: Annotated[str, typer.Argument(metavar="PAGE", help="As in a browser: /, /cases/3, '/search?q=hearing'.")],
) -> None:
    """Print the address of a feed of one page, for your feed reader; it is not shown again.

    Whoever has the address sees there what you may see at that moment: numbers, dates and links. Keep it to yourself.
    """
    state: State = context.obj
    user_id = state.acting()
    if user_id is None:
        raise UsageError("A feed has the eyes of one user; name yourself: casefleet --as USER atom add PAGE.")
    wanted = _checked(state, page)
    with serve.running(state.database_path) as (_, origin):
        pass  # what follows is about another database
    added = feed_desk.add(state.connection(), wanted, user_id, acting=user_id)
    from casefleet_cli.web import atom  # noqa: PLC0415 - as below

    output.say(f"{origin}{atom.address_of(added.token)}", raw=True)


@app.command("list")
@output.listing
def list_(context: typer.Context, options: ListOptions = ListOptions()) -> None:  # noqa: B008 - immutable
    """List your feeds, or for an admin everybody's; never their addresses."""
    rows = feed_desk.listed(context.obj.reader(), acting=context.obj.acting())
    output.show(rows, _COLUMNS, options, empty="No feed yet: casefleet atom add PAGE")


@app.command("revoke")
def revoke(
    context: typer.Context,
    feeds: Annotated[list[int], typer.Argument(metavar="FEED...", help="Numbers, as casefleet atom list shows them.")],
) -> None:
    """Let the address of a feed show nothing any more, whoever has it; admins do so with everybody's."""
    feed_desk.revoke(context.obj.connection(), feeds, acting=context.obj.acting())
    for number in dict.fromkeys(feeds):
        output.say(f"Feed {number} shows nothing any more.")


def _checked(state: State, typed: str) -> str:
    """The page that somebody names; raises UsageError where it is not there for that user, or has no list."""
    from urllib.parse import parse_qs  # noqa: PLC0415 - as below

    from casefleet_cli.web import answering, atom, formats  # noqa: PLC0415 - heavy

    page = atom.page_of(typed)
    address, _, arguments = page.partition("?")
    made = answering.answer(state.database_path, state.viewer(), formats.address_as(address, "atom"), arguments)
    if made.status == 503:
        raise TryAgainError("The database is busy or out of reach; try again.")
    if made.status != 200:
        raise UsageError(f"There is no feed of {typed!r}; name a page as /, /cases/3 or '/search?q=hearing'.")
    for words in parse_qs(arguments).get("q", []):
        query.parse(words, state.days())
    return page
