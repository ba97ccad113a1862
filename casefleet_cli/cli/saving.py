"""casefleet email save: attachments, or the e-mail as it came, to files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli.cli import output
from casefleet_cli.core.filenames import safe_name
from casefleet_cli.custody import originals
from casefleet_cli.custody.originals import SecretInsideError
from casefleet_cli.custody.saving import Folder
from casefleet_cli.desk import reading
from casefleet_cli.errors import UsageError
from casefleet_cli.store import mailbook, references

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State


def save(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="EMAIL", help="The number of the e-mail.")],
    part: Annotated[
        str | None, typer.Option(metavar="N", help="Only the attachment in this part, as email show --json has it.")
    ] = None,
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder, made if need be; - is one file to standard output.")
    ] = Path(),
    eml: Annotated[bool, typer.Option("--eml", help="The e-mail itself, its bytes as they came.")] = False,
) -> None:
    """Save what is attached to an e-mail, or the e-mail itself, to files with safe names; none is written over."""
    state: State = context.obj
    connection = state.reader()
    email_id = references.email(connection, number, state.sight)
    if eml and part is not None:
        raise UsageError("Choose one of --part and --eml.")
    wanted = [] if eml else _wanted(email_id, mailbook.one(connection, email_id)["attachments"], part)
    is_piped = str(to) == "-"
    if is_piped and len(wanted) > 1:
        parts = ", ".join(each["part"] for each in wanted)
        raise UsageError(f"Standard output takes one file; choose an attachment by --part: {parts}.")
    if is_piped and sys.stdout.isatty():
        raise UsageError("A file is nothing to read: send it to one by > FILE, or into a pipe.")
    if eml:
        octets = originals.octets_for(connection, state.viewer(), email_id)
        _note(state, email_id, "bytes")
        if is_piped:
            sys.stdout.buffer.write(octets)
        else:
            output.say(f"{Folder(to).save(f'email-{email_id}.eml', octets)}: the e-mail, {len(octets)} bytes")
        return
    _attachments(state, email_id, wanted, None if is_piped else Folder(to))


def _wanted(email_id: int, attachments: list[dict[str, Any]], part: str | None) -> list[dict[str, Any]]:
    if not attachments:
        raise UsageError(f"E-mail {email_id} has no attachments; --eml saves the e-mail itself.")
    wanted = [each for each in attachments if part in (None, each["part"])]
    if not wanted:
        parts = ", ".join(each["part"] for each in attachments)
        raise UsageError(f"E-mail {email_id} has no attachment in part {part}; there is {parts}.")
    return wanted


def _attachments(state: State, email_id: int, wanted: list[dict[str, Any]], folder: Folder | None) -> None:
    """Save attachments; those that the viewer may not have are told at the end."""
    letter = originals.Attachments(state.reader(), state.viewer(), email_id)
    failures = []
    is_noted = False
    for each in wanted:
        try:
            found = letter.one(each["part"])
        except SecretInsideError as error:
            failures.append(f"part {each['part']}: {error}")
            continue
        if found is None:
            failures.append(f"part {each['part']}: it is no longer found; casefleet reparse {email_id} reads it again.")
            continue
        if not is_noted:
            _note(state, email_id, f"attachment {each['part']}" if len(wanted) == 1 else "attachments")
            is_noted = True
        remarks = [f"part {each['part']}, {len(found.content)} bytes"]
        remarks += ["BCC addresses in it are masked"] if found.is_masked else []
        remarks += [f"it may not be whole ({found.defect})"] if found.defect else []
        if folder is None:
            sys.stdout.buffer.write(found.content)
            for remark in remarks[1:]:
                output.warn(f"part {each['part']}: {remark}")
        else:
            path = folder.save(safe_name(each["filename"], each["content_type"]), found.content)
            output.say(f"{path}: {'; '.join(remarks)}")
    output.some_failed(failures, "attachments are not saved")


def _note(state: State, email_id: int, what: str) -> None:
    if reading.is_noted(state.reader()):
        reading.note(state.database_path, state.viewer(), email_id, what)
