"""Which mail there is under the paths that a person names."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from casefleet_cli.errors import NoInputError, UsageError
from casefleet_cli.sources import partial, states
from casefleet_cli.sources.compression import compression_of
from casefleet_cli.sources.items import (
    BOOKKEEPING,
    HIDDEN_MAIL,
    IN_TMP,
    KINDS,
    LEADS_OUT,
    LINKED_FOLDER,
    NOT_A_FILE,
    PACKED,
    Skipped,
    Source,
    cannot_read,
    leads_out,
    origin_of,
)
from casefleet_cli.sources.looks import SNIFF, other_than_mail, tell
from casefleet_cli.sources.maildir import HOLDERS, folder_name, is_maildir
from casefleet_cli.sources.many import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BOOKKEEPING_NAMES = frozenset(
    {
        "courierimapsubscribed",
        "desktop.ini",
        "maildirfolder",
        "maildirsize",
        "popstate.dat",
        "subscriptions",
        "thumbs.db",
    }
)
_BOOKKEEPING_ENDS = (".cmeta", ".ibex.index", ".ibex.index.data", ".lock", ".lck", ".msf", ".toc")
_BOOKKEEPING_STARTS = ("dovecot-", "dovecot.", ".dovecot", "courierimap", "._", ".nfs")
_NO_MAIL_FOLDERS = frozenset((".git", ".hg", ".svn", ".imap", "__MACOSX"))
NO_MAIL_FOLDER = "This folder is the book-keeping of a program: not searched."


def find(paths: Sequence[Path], kind: str | None = None) -> Iterator[Source | Skipped]:
    """Every source of mail under these paths, and what is there that is none: path by path, folders in order of name.

    What a file is, its content tells; `kind` (one of KINDS) overrules that for files, and "maildir" wants nothing but
    Maildirs. Hidden folders are searched like others; hidden files, locks, and the books that mail programs keep are
    not read. Links to folders are not followed. Nothing is passed over in silence: what is not read is a Skipped.

    Errors: NoInputError for a path that is not there and UsageError for another kind, both at once, before anything
    is read.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"Mail is never of the type {kind}; it is one of {', '.join(KINDS)}.")
    for path in paths:
        if is_stdin(path):
            continue
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NoInputError(f"There is no file or folder {origin_of(path)}.") from error
        except OSError:
            continue  # it is listed when its turn comes
    return _found(paths, kind)


def _found(paths: Sequence[Path], kind: str | None) -> Iterator[Source | Skipped]:
    for root in paths:
        if is_stdin(root):
            yield from _stdin(kind)
            continue
        waiting = [iter([root])]  # no recursion: folders can be nested deeper than Python calls
        while waiting:
            path = next(waiting[-1], None)
            if path is None:
                waiting.pop()
                continue
            try:
                mode = path.stat().st_mode
                if path != root and leads_out(path, root):
                    yield Skipped(origin_of(path), 0, LEADS_OUT)
                elif not stat.S_ISDIR(mode):
                    yield _file(path, mode, kind, root)
                elif path != root and path.is_symlink():
                    yield Skipped(origin_of(path), 0, LINKED_FOLDER, is_bookkeeping=True)
                elif path != root and (reason := _why_passed(path)):
                    yield Skipped(origin_of(path), 0, reason, is_bookkeeping=True)
                else:
                    if kind in {None, "maildir"} and is_maildir(path):
                        yield _maildir(path, root)
                    waiting.append(_inside(path, kind))
            except OSError as error:
                yield cannot_read(path, error)


def _why_passed(folder: Path) -> str | None:
    """Why nothing is looked for in this folder; None where it is searched."""
    if folder.name in _NO_MAIL_FOLDERS:
        return NO_MAIL_FOLDER
    if folder.name == "tmp" and is_maildir(folder.parent):
        return IN_TMP
    if folder.parent.name == "Attachments" and (owner := partial.belongs_to(folder)):
        return partial.BELONGS.format(owner)
    return None


def _maildir(path: Path, root: Path) -> Source:
    names = [folder_name(part) for part in _parts(path, root)]
    label = "/".join(names[1:] if path != root else ())
    state = states.first(map(states.of_name, names))
    # Of the folder that was named itself only a name that says a state is a label.
    named = (names[0],) if states.of_name(names[0]) and not label else ()
    return Source(path, "maildir", (label,) if label else named, state=state)


def _parts(path: Path, root: Path) -> tuple[str, ...]:
    """The name of what was named, and those below it down to `path`."""
    return (root.name, *path.relative_to(root).parts)


def is_stdin(path: Path) -> bool:
    """Whether this path means standard input."""
    return str(path) == "-"


def _stdin(kind: str | None) -> Iterator[Source | Skipped]:
    """Standard input as a source, through a temporary copy that is there until the next source is asked for."""
    import shutil  # noqa: PLC0415
    import sys  # noqa: PLC0415
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    with tempfile.NamedTemporaryFile(prefix="casefleet-") as copy:
        try:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
        except OSError as error:
            yield cannot_read("-", error)
            return
        path = Path(copy.name)
        found = _file(path, path.stat().st_mode, kind, path)
        yield found._replace(name="-") if isinstance(found, Source) else found._replace(origin="-")


def _file(path: Path, mode: int, kind: str | None, root: Path) -> Source | Skipped:
    is_ours = path != root and is_bookkeeping(path.name)
    if not stat.S_ISREG(mode):
        return Skipped(origin_of(path), 0, NOT_A_FILE, is_bookkeeping=is_ours)
    with path.open("rb", buffering=0) as file:
        head = file.read(SNIFF)
    told, reason = tell(head)
    if is_ours:
        is_mail = told not in (None, PACKED) and not is_of_program(path.name)
        return Skipped(origin_of(path), 0, HIDDEN_MAIL if is_mail else BOOKKEEPING, is_bookkeeping=not is_mail)
    if kind == "maildir":
        told, reason = None, "This file is in no Maildir."
    elif kind is not None and not compression_of(head):
        reason = other_than_mail(head) or ""
        told = None if reason else kind
    elif kind == "eml" and told:
        told = "eml"
    if not told:
        return Skipped(origin_of(path), 0, reason)
    parts = _parts(path, root)
    labels, state = states.of_place(parts if told in READERS else parts[:-1])
    return Source(path, told, labels, state=state)


def _inside(folder: Path, kind: str | None) -> Iterator[Path]:
    """What is in this folder, by name; of a Maildir, what it has beside its mail."""
    read_already = (*HOLDERS, "tmp") if kind not in {"eml", "mbox"} and is_maildir(folder) else ()
    return (folder / name for name in sorted(path.name for path in folder.iterdir()) if name not in read_already)


def is_bookkeeping(name: str) -> bool:
    """Whether a file of this name is hidden, a lock, or one of the books that mail programs keep."""
    return name.startswith(".") or is_of_program(name)


def is_of_program(name: str) -> bool:
    """Whether a file of this name is a lock or one of the books that mail programs keep."""
    lower = name.lower()
    return lower in _BOOKKEEPING_NAMES or lower.endswith(_BOOKKEEPING_ENDS) or lower.startswith(_BOOKKEEPING_STARTS)
