"""Past mail from files: import and imports."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated, Any

import typer

from casefleet_cli import access, archive
from casefleet_cli.cli import output
from casefleet_cli.cli.progress import progress_on_stderr
from casefleet_cli.errors import UsageError
from casefleet_cli.sources import KINDS, byte_of
from casefleet_cli.store import imports, references


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help=".eml files, folders, Maildirs, mboxes.")],
    user: Annotated[str | None, typer.Option(help="Whose mail it is (default: told by its addresses).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    kind: Annotated[str | None, typer.Option("--type", help="Take the paths for eml, maildir or mbox.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="Parse in N processes (default: one a core).")
    ] = None,
    route: Annotated[
        str, typer.Option(metavar="rules|none", help="none: keep the mail, and file nothing by the rules.")
    ] = "rules",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="now|sent", help="sent: what was open when a mail was sent counts.")
    ] = "now",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")] = False,
    as_json: output.Json = False,
) -> None:
    """Log past mail; what is logged already changes nothing."""
    if kind is not None and kind not in KINDS:
        raise UsageError(f"{kind!r} is no type of source; there are {', '.join(KINDS)}.")
    if route not in ("rules", "none") or as_of not in ("now", "sent"):
        raise UsageError("--route is rules or none, and --as-of is now or sent.")
    terms = archive.Terms(is_routed=route == "rules", as_of_sent=as_of == "sent")
    connection = context.obj.reader() if dry_run else context.obj.connection()
    viewer = context.obj.viewer()
    user_id = references.user(connection, user) if user else None if viewer.is_admin else viewer.user_id
    access.require_own(viewer, user_id, "mail")
    progress = progress_on_stderr(quiet=quiet)
    try:
        summary = archive.run(
            connection,
            paths,
            user_id=user_id,
            kind=kind,
            dry_run=dry_run,
            jobs=jobs,
            acting=None if dry_run else context.obj.acting(),
            terms=terms,
            progress=progress.show,
        )
    except KeyboardInterrupt:
        progress.end()
        output.warn("casefleet: Interrupted. What was logged stays; the same command goes on from there.")
        raise typer.Exit(130) from None
    finally:
        progress.end()
    if as_json:
        skipped = [skip._asdict() for skip in summary.skipped]
        output.json_value({"import": summary.import_id, "counts": summary.counts, "skipped": skipped})
    elif not quiet:
        for origin, subject, outcome in summary.sample:
            output.say(f"{outcome}: {subject or '(no subject)'} ({origin})")
        words = archive.in_words(summary.counts)
        output.say(f"Dry run: {words}." if dry_run else f"Import {summary.import_id}: {words}.")
    hint = f"items were not imported; casefleet imports show {summary.import_id} lists them"
    words = "items would not be imported" if dry_run else hint
    output.some_failed([f"{skip.origin}: {skip.reason}" for skip in summary.skipped], words)


imports_app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@imports_app.command("list")
@output.listing
def list_imports(context: typer.Context, *, options: output.ListOptions) -> None:
    """What was imported, newest first."""
    rows = ({**row, "paths": ", ".join(row["paths"])} for row in imports.listed(context.obj.reader()))
    columns = (
        output.Column("id", "import"),
        output.Column("started_at", "started", cell=lambda row: output.moment(row["started_at"])),
        output.Column("ended_at", "ended", cell=lambda row: output.moment(row["ended_at"]) or "interrupted"),
        output.Column("user", cell=lambda row: row["user"] or "by address"),
        output.Column("counts", cell=lambda row: archive.in_words(row["counts"])),
        output.Column("paths"),
    )
    output.show(rows, columns, options, empty="Nothing was imported yet.")


@imports_app.command("show")
def show_import(
    context: typer.Context,
    number: Annotated[int, typer.Argument(max=output.LARGEST, metavar="IMPORT", help="The number of the import.")],
    as_json: output.Json = False,
) -> None:
    """One import: what it found in each file and folder, and everything it left out: where, at which byte, and why."""
    connection = context.obj.reader()
    found = next(imports.listed(connection, number), None)
    if found is None:
        raise UsageError(f"There is no import {number}; casefleet imports list shows them.")
    accounts = imports.accounts(connection, number)
    skipped = imports.skips(connection, number)
    bookkeeping = imports.skips(connection, number, is_bookkeeping=True)
    if as_json:
        lists = {"skipped": skipped, "bookkeeping": bookkeeping}
        as_lists = {key: [archive.Skip(*skip)._asdict() for skip in skips] for key, skips in lists.items()}
        output.json_value({**found, "sources": list(accounts), **as_lists})
        return
    output.card(
        [
            ("Import", number),
            ("Started", output.moment(found["started_at"])),
            ("Ended", output.moment(found["ended_at"]) or "interrupted; the same command goes on"),
            ("User", found["user"] or "told by the addresses"),
            ("Paths", found["paths"]),
            ("Options", ", ".join(f"{name.replace('_', '-')} {value}" for name, value in found["options"].items())),
            ("Counts", archive.in_words(found["counts"])),
        ]
    )
    for account in accounts:
        output.say(_account_in_words(account))
    for skip in skipped:
        output.say(_skip_in_words(archive.Skip(*skip)))
    for origin, _, reason, *_ in bookkeeping:
        output.say(f"{origin}: {reason}")


def _skip_in_words(skip: archive.Skip) -> str:
    """What was left out, with the bytes from the first to the one behind the last, and why."""
    byte = byte_of(skip.position)
    where = f", byte {byte}" if byte else ""
    if skip.begins_at is not None:
        where = f", bytes {skip.begins_at} to {skip.ends_at}" if skip.ends_at else f", from byte {skip.begins_at}"
    return f"{skip.origin}{where}: {skip.reason}"


def _account_in_words(account: dict[str, Any]) -> str:
    """What was found in a file or folder and what became of it, in a line."""
    parts = [f"{account[what]} {what}" for what in ("logged", "known", "skipped") if account[what]]
    end = "" if account["is_done"] else f"; read up to byte {byte_of(account['position'])}"
    return f"{account['path']}: {account['found']} found: {', '.join(parts) or 'nothing'}{end}"
