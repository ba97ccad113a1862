"""A snapshot for plain Datasette: a file of its own with what a viewer may see, and the metadata that explains it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import files
from casefleet_cli.custody import metadata
from casefleet_cli.errors import CannotCreateError, ConfigError, UsageError
from casefleet_cli.store import activities, database, published
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    from pathlib import Path

    from casefleet_cli.access import Viewer

_OTHERWISE = "name a file that is not"


class TargetNamedWronglyError(UsageError):
    """The name of the target is none that Datasette opens."""


class MetadataOfOthersError(CannotCreateError):
    """There is metadata already that is not about this file."""


class SecretLeftError(ConfigError):
    """A text still holds a BCC address."""


class Published(NamedTuple):
    """What was written."""

    rows: dict[str, int]
    """By table."""
    metadata: Path


def publish(
    path: str, to: Path, viewer: Viewer, *, title: str, case_id: int | None = None, described: Path | None = None
) -> Published:
    """Write what a viewer may see of the database at a path (of one case), and its metadata beside it or elsewhere.

    Both are whole, of mode 0600 and free of BCC addresses, or not there. Metadata that an earlier snapshot of the same
    name left is replaced.

    Raises TargetNamedWronglyError, CannotCreateError when a target is there or cannot be made, SecretLeftError,
    TryAgainError on a full disk.
    """
    if to.suffix not in (".db", ".sqlite", ".sqlite3"):
        raise TargetNamedWronglyError(f"{to} is no name for it; let it end in .db.")
    beside = described or to.with_name("metadata.yaml")
    is_replaced = _is_replaceable(beside, to.stem)
    source = database.open_reader(path)
    try:
        with files.new_file(to, otherwise=_OTHERWISE) as draft:
            try:
                rows = published.write(source, str(draft), viewer.sight, case_id)
                held = published.telling(str(draft), source)
            except sqlite3.Error as error:
                raise database.translated(error, str(to)) from None
            if held:
                raise SecretLeftError(
                    f"{', '.join(held)} would hold a BCC address, so nothing is published; casefleet reparse --all has"
                    " older mail masked as new mail is."
                )
            with files.new_file(beside, otherwise=_OTHERWISE, replace=is_replaced) as sheet:
                sheet.write_text(metadata.as_yaml(to.stem, title), encoding="utf-8")
        return Published(rows, beside)
    finally:
        source.close()


def note(connection: sqlite3.Connection, to: Path, viewer: Viewer, case: str, *, acting: int | None) -> None:
    """Tell the journal that a snapshot was published: when, where to, of which case ("": of all) and for whose eyes."""
    words = str(to.absolute()) + (f", case {case}" if case else "")
    with transaction(connection):
        activities.add(connection, "published", user_id=acting, about_user_id=viewer.user_id, detail=words)


def _is_replaceable(path: Path, name: str) -> bool:
    """Whether there is metadata of ours about this database alone; raises MetadataOfOthersError for any other file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            is_ours = file.readline() == metadata.first_line(name)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CannotCreateError(f"{path} cannot be read: {error.strerror}.") from None
    if not is_ours:
        raise MetadataOfOthersError(f"{path} is there already and about something else; name another by --metadata.")
    return True
