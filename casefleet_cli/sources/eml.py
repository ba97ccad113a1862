"""One message in a file of its own."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from casefleet_cli.sources import emlx, mbox, outlook, partial, states
from casefleet_cli.sources.compression import ZSTD_MISSING, can_unpack, compression_of, is_zlib, unpacked
from casefleet_cli.sources.from_line import begins_mbox
from casefleet_cli.sources.items import BEHIND, LARGEST, NESTED, NOT_A_FILE, Item, Range, Skipped, Source, cannot_read
from casefleet_cli.sources.labels import said_by
from casefleet_cli.sources.looks import SNIFF, other_than_mail, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_CONVERTED = {outlook.MAGIC[:4]: ("msg", ".msg"), outlook.TNEF: ("tnef", "winmail.dat")}
"""By its first octets: the format of which a message was made, and what its label calls that."""


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The message of this file, whole; nothing when `after` says that it has been read."""
    if after < 0:
        yield from read_file(source)


def read_file(source: Source) -> Iterator[Item | Skipped]:
    """The message in a file of its own; Skipped where that cannot be read, is empty or is certainly something else."""
    path, origin = source.path, source.called
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            yield Skipped(origin, 0, NOT_A_FILE)
            return
        if status.st_size > LARGEST:
            yield Skipped(origin, 0, too_large(status.st_size))
            return
        content = path.read_bytes()
    except OSError as error:
        yield cannot_read(origin, error)
        return
    yield from messages(content, source)


def messages(
    content: bytes, source: Source, beside: Mapping[str, Sequence[partial.File]] | None = None
) -> Iterator[Item | Skipped]:
    """The message that is the whole content of a file, compression and Apple Mail's wrapping taken off.

    More than one where the file turns out to be an mbox. What is wrong with it comes after it. `beside`: the
    attachments of a .partial.emlx by the number of their part; None: those in the folder where it lies.
    """
    name = compression_of(content) or ("zlib" if is_zlib(content) else None)
    damage = ""
    if name:
        if not can_unpack(name):
            yield Skipped(source.called, 0, ZSTD_MISSING)
            return
        content, damage = unpacked(content, name)
        if len(content) > LARGEST:
            yield Skipped(source.called, 0, too_large(len(content)))
            return
    if content or not damage:
        yield from _plain(content, source, beside)
    if damage:
        yield Skipped(source.called, BEHIND, damage, range=Range(len(content), None))


def _plain(
    content: bytes, source: Source, beside: Mapping[str, Sequence[partial.File]] | None
) -> Iterator[Item | Skipped]:
    origin, labels, state = source.called, source.labels, source.state
    if content.startswith(outlook.MAGICS):
        made = outlook.to_message(content, PurePath(origin.rpartition("!")[2]).name)
        if isinstance(made, str):
            yield Skipped(origin, 0, made)
        else:
            form, called = _CONVERTED[content[:4]]
            yield _item(made, source._replace(labels=(*labels, f"converted from {called}")), form=form)
        return
    reason = NESTED if compression_of(content) else other_than_mail(content[:SNIFF])
    if reason:
        yield Skipped(origin, 0, reason)
        return
    if begins_mbox(text_of(content[:SNIFF])):
        yield from _mbox(content, source)
        return
    wrapped = emlx.unwrap(content)
    if wrapped is None:
        yield _item(content, source)
        return
    state = states.stronger(state, states.of_flags(wrapped.flags))
    source = source._replace(labels=labels + wrapped.flags, state=state)
    if not partial.is_partial(origin):
        yield _item(wrapped.message, source, wrapped.moment, "emlx")
        return
    name = PurePosixPath(origin.rpartition("!")[2]).name
    whole = partial.put_together(wrapped.message, name, partial.beside(source.path) if beside is None else beside)
    label = (partial.LABEL,) if whole.message != wrapped.message else ()
    yield _item(whole.message, source._replace(labels=source.labels + label), wrapped.moment, "emlx")
    for number, (where, sentence) in enumerate(whole.wrong, BEHIND):
        yield Skipped(where or origin, number, sentence)


def _item(raw: bytes, source: Source, moment: str = "", form: str = "") -> Item:
    said = said_by(raw)
    state, moment = states.stronger(source.state, said.state), moment or source.moment
    return Item(source.called, 0, raw, source.labels + said.labels, "", state, moment, format=form or said.format)


def _mbox(content: bytes, source: Source) -> Iterator[Item | Skipped]:
    with tempfile.NamedTemporaryFile(prefix="casefleet-") as copy:
        copy.write(content)
        copy.flush()
        for found in mbox.read(source._replace(path=Path(copy.name), kind="mbox", name=source.called)):
            if isinstance(found, Item) and not found.moment:
                yield found._replace(moment=source.moment)
            else:
                yield found


def too_large(size: int) -> str:
    """The sentence for a file that no database could hold."""
    return f"This file is larger than {LARGEST // 1_000_000} MB ({size} bytes)."
