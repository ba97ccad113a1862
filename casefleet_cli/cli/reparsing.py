"""Deriving anew what is known of e-mails: reparse."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.custody import reparsing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import references


def reparse(
    context: typer.Context,
    numbers: Annotated[list[str] | None, typer.Argument(metavar="[EMAIL...]", help="The numbers of e-mails.")] = None,
    broken: Annotated[bool, typer.Option("--broken", help="Those that are kept bare, or that lack an extra.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All e-mails.")] = False,
    index: Annotated[bool, typer.Option("--index", help="No e-mail, but the search index as a whole.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: output.Json = False,
) -> None:
    """Read the kept bytes again and derive all else anew; moves nothing from where it is."""
    if bool(numbers) + broken + everything + index != 1:
        raise UsageError("Say which e-mails: their numbers, --broken, --all, or else --index.")
    connection = context.obj.connection()
    if index:
        reparsing.rebuild_index(connection)
        output.say("The search index is made anew.")
        return
    acting = None if dry_run else context.obj.acting()
    if numbers:
        chosen = list(dict.fromkeys(references.email(connection, number, context.obj.sight) for number in numbers))
    else:
        chosen = reparsing.broken(connection) if broken else reparsing.everything(connection)
    counts: Counter[str] = Counter()
    failures = []
    for done in reparsing.reparse(connection, chosen, acting=acting, dry_run=dry_run):
        counts[done.outcome] += 1
        if done.outcome == "not understood":
            failures.append(f"e-mail {done.email_id}: still not understood; please report it, the original is whole")
    if as_json:
        output.json_value(
            {"dry_run": dry_run, **{outcome.replace(" ", "_"): counts[outcome] for outcome in reparsing.OUTCOMES}}
        )
    else:
        output.say(f"{'Dry run' if dry_run else 'Reparsed'}: {reparsing.in_words(counts)}.")
    output.some_failed(failures, "e-mails are kept as bytes only")
