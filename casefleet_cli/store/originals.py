"""The exact bytes of messages: kept once each, packed where that saves room, given back as they came."""

from __future__ import annotations

from casefleet_cli.core.mail import folding
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from casefleet_cli.core.mail.folding import Run

_WORTH_PACKING = range(12_000, 65_536)
"""Sizes in bytes: smaller messages gain little, larger ones are mostly attachments, which hardly shrink."""
_LEVEL = 1


class Original(NamedTuple):
    """The bytes of a message as they are kept."""

    sha256: str
    """Of the message as it came, in hex."""
    size: int
    """Of the message as it came."""
    content: bytes
    packing: str
    """"base64" (folded), "zlib", or "" where the content is the message as it came."""


def pack(raw: bytes, runs: Sequence[Run]) -> Original:
    """A message made ready to be kept; `runs`: the base64 that was found in it."""
    import hashlib  # noqa: PLC0415 - readers of the database need neither of these
    import zlib  # noqa: PLC0415

    digest = hashlib.sha256(raw).hexdigest()
    if runs:
        return Original(digest, len(raw), folding.fold(raw, runs), "base64")
    if len(raw) in _WORTH_PACKING:
        packed = zlib.compress(raw, _LEVEL)
        if len(packed) < len(raw):
            return Original(digest, len(raw), packed, "zlib")
    return Original(digest, len(raw), raw, "")


def unpack(content: bytes, packing: str) -> bytes:
    """The bytes of a message as they came."""
    if not packing:
        return content
    if packing == "base64":
        return folding.unfold(content)
    import zlib  # noqa: PLC0415

    return zlib.decompress(content)


def known(connection: sqlite3.Connection, digests: Sequence[str]) -> set[str]:
    """Those of the SHA-256 whose messages are kept."""
    return database.among(connection, "SELECT sha256 FROM raw_messages WHERE sha256", digests)


def keep_all(connection: sqlite3.Connection, originals: Sequence[Original]) -> list[int]:
    """Keep messages, once each, and give their numbers."""
    numbers: dict[str, int] = {}
    for digest in known(connection, [original.sha256 for original in originals]):
        (numbers[digest],) = connection.execute("SELECT id FROM raw_messages WHERE sha256 = ?", (digest,)).fetchone()
    first = database.next_id(connection, "raw_messages")
    news = {original.sha256: original for original in originals if original.sha256 not in numbers}
    connection.executemany(
        "INSERT INTO raw_messages (id, sha256, size, content, packing) VALUES (?, ?, ?, ?, ?)",
        [(number, *original) for number, original in enumerate(news.values(), first)],
    )
    numbers.update((digest, number) for number, digest in enumerate(news, first))
    return [numbers[original.sha256] for original in originals]


def of_email(connection: sqlite3.Connection, email_id: int) -> bytes:
    """The bytes of an email as they came first."""
    content, packing = connection.execute(
        "SELECT r.content, r.packing FROM emails AS e JOIN raw_messages AS r ON r.id = e.raw_message_id WHERE e.id = ?",
        (email_id,),
    ).fetchone()
    return unpack(bytes(content), packing)


def of(connection: sqlite3.Connection, raw_message_id: int) -> bytes:
    """The bytes of one raw message."""
    content, packing = connection.execute(
        "SELECT content, packing FROM raw_messages WHERE id = ?", (raw_message_id,)
    ).fetchone()
    return unpack(bytes(content), packing)


def every(connection: sqlite3.Connection) -> Iterator[tuple[int, Original]]:
    """Every raw message as it is kept, with its number."""
    for number, *kept in connection.execute("SELECT id, sha256, size, content, packing FROM raw_messages ORDER BY id"):
        yield number, Original(*kept)
