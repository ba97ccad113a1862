"""Where mail comes from besides the mail server: .eml files, folders of them, Maildirs, mboxes, archives of these.

`find` says what there is, `read` gives the messages of one source. What cannot be read is a `Skipped` with a sentence,
never an exception. A further format is a module with a `read` that `many` or `eml` calls, and a line in `looks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.sources import eml, maildir
from casefleet_cli.sources.folders import find, is_stdin
from casefleet_cli.sources.items import KINDS, PACKED, Item, Range, Skipped, Source, byte_of
from casefleet_cli.sources.many import READERS, has_many

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KINDS", "PACKED", "Item", "Range", "Skipped", "Source", "byte_of", "find", "has_many", "is_stdin", "read"]


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The messages of one source in a stable order, those beyond position `after` only.

    A Maildir has no lasting positions and is always read whole (see `maildir.read`). Nothing is raised for what is
    wrong with the source: the item is a Skipped with a sentence.
    """
    if source.kind in READERS:
        return READERS[source.kind](source, after)
    if source.kind == PACKED:
        from casefleet_cli.sources import packed  # noqa: PLC0415 - few imports need its libraries

        return packed.read(source, after)
    if source.kind == "maildir":
        return maildir.read(source)
    return eml.read(source, after)
