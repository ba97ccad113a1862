"""Contacts from a CSV file, as address books and spreadsheets write it."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import entries
from casefleet_cli.errors import NoInputError, UnreadableError, UsageError
from casefleet_cli.store import activities, contacts
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_COLUMNS = {
    "name": "name",
    "address": "address",
    "addresses": "address",
    "email": "address",
    "e-mail": "address",
    "kind": "kind",
    "note": "note",
}
_BETWEEN = re.compile(r"[\s,;]+")


class Row(NamedTuple):
    """One contact as the file has it."""

    line: int
    name: str
    addresses: tuple[str, ...]
    kind: str
    note: str


class Refused(NamedTuple):
    """A row that was not taken, and why."""

    line: int
    name: str
    reason: str


class Report(NamedTuple):
    """What became of the rows of a file."""

    added: int
    known: int
    """Were there already, by name and address."""
    refused: tuple[Refused, ...]


class _OnlyTriedError(Exception):
    """Undoes a dry run."""


def read(path: str) -> list[Row]:
    """The rows of a CSV file, or of standard input ("-").

    UTF-8, commas or semicolons, the columns name, address, kind and note in any order. The address cell may hold
    several, separated by blanks, commas or semicolons. Raises NoInputError when there is no such file and
    UnreadableError when it is not such a table.
    """
    try:
        with open(path, "rb") if path != "-" else contextlib.nullcontext(sys.stdin.buffer) as file:  # noqa: PTH123
            text = file.read().decode("utf-8-sig")
    except FileNotFoundError:
        raise NoInputError(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise UnreadableError(f"{path} is not UTF-8 text; save it as CSV in UTF-8.") from None
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from None
    # Lines end as csv means it: str.splitlines also ends them at form feeds and the like, in the middle of a cell.
    head = io.StringIO(text, newline="").readline()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        return list(_rows(reader, path))
    except csv.Error as error:
        raise UnreadableError(f"{path}, line {reader.line_num}: {error}.") from None


def load(
    connection: sqlite3.Connection, rows: list[Row], *, dry_run: bool = False, acting: int | None = None
) -> Report:
    """Add a contact for each row in one transaction, and tell what was added, known already, or refused.

    A row is known when a contact of its name holds one of its addresses; what that contact lacks is added to it. A dry
    run changes nothing and tells the same.
    """
    added = known = 0
    refused: list[Refused] = []
    try:
        with transaction(connection):
            book = _book(connection)
            for row in rows:
                try:
                    fresh = _enter(connection, row, book, acting)
                except UsageError as error:
                    refused.append(Refused(row.line, row.name, str(error)))
                else:
                    added, known = added + fresh, known + (not fresh)
            if dry_run:
                raise _OnlyTriedError  # noqa: TRY301 - rolls the transaction back
    except _OnlyTriedError:
        pass
    return Report(added, known, tuple(refused))


def _rows(reader: Iterator[list[str]], path: str) -> Iterator[Row]:
    header = [_COLUMNS.get(cell.strip().lower(), "") for cell in next(reader, [])]
    if "name" not in header:
        raise UnreadableError(f"{path} has no column called name; its first line names the columns: name,address,kind.")
    line = 2
    for cells in reader:
        fields: dict[str, str] = {}
        for column, cell in zip(header, cells, strict=False):
            if cell.strip():
                fields[column] = f"{fields[column]} {cell.strip()}" if column in fields else cell.strip()
        if any(cell.strip() for cell in cells):
            addresses = tuple(part for part in _BETWEEN.split(fields.get("address", "")) if part)
            yield Row(line, fields.get("name", ""), addresses, fields.get("kind", "person"), fields.get("note", ""))
        line = reader.line_num + 1  # type: ignore[attr-defined] # the type of csv.reader has no public name


def _book(connection: sqlite3.Connection) -> dict[str, list[tuple[int, set[str]]]]:
    """By name, however it is cased: the contacts of it and their addresses."""
    book: dict[str, list[tuple[int, set[str]]]] = {}
    for contact in contacts.listed(connection):
        book.setdefault(contact["name"].casefold(), []).append((contact["id"], set(contact["addresses"])))
    return book


def _enter(
    connection: sqlite3.Connection, row: Row, book: dict[str, list[tuple[int, set[str]]]], acting: int | None
) -> bool:
    """Add one row, or complete the contact it tells of; False for the latter."""
    addresses = {contact_desk.outside_address(connection, address) for address in row.addresses}
    namesakes = book.setdefault(entries.name(row.name).casefold(), [])
    for contact_id, held in namesakes:
        if held & addresses or not held | addresses:
            for address in sorted(addresses - held):
                contacts.add_address(connection, contact_id, address)
                activities.add(
                    connection, "edited", user_id=acting, contact_id=contact_id, detail=f"address {address} added"
                )
            held.update(addresses)
            return False
    contact_id = contact_desk.enter(
        connection, row.name, row.addresses, kind=row.kind, note=row.note, verb="imported", acting=acting
    )
    namesakes.append((contact_id, addresses))
    return True
