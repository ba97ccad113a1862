"""Which mail there is under the paths that a person names."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from casefleet_cli.errors import NoInputError, UsageError
from casefleet_cli.sources.items import (
    KINDS,
    LEADS_OUT,
    NOT_A_FILE,
    Skipped,
    Source,
    cannot_read,
    leads_out,
    origin_of,
)
from casefleet_cli.sources.looks import SNIFF, other_than_mail, tell
from casefleet_cli.sources.maildir import folder_name, is_maildir

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
_BOOKKEEPING_ENDS = (".cmeta", ".ibex.index", ".ibex.index.data", ".lock", ".lck", ".msf")
_BOOKKEEPING_STARTS = (".", "dovecot-", "dovecot.", "courierimap")


def find(paths: Sequence[Path], kind: str | None = None) -> Iterator[Source | Skipped]:
    """Every source of mail under these paths, and what is there that is none: path by path, folders in order of name.

    What a file is, its content tells; `kind` (one of KINDS) overrules that for files, and "maildir" wants nothing but
    Maildirs. Silent are hidden files and folders (but not the hidden folders of Maildir++), locks, and the books that
    mail programs keep. Links to folders are not followed.

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
                    yield _file(path, mode, kind)
                elif path == root or not path.is_symlink():
                    if kind in {None, "maildir"} and is_maildir(path):
                        yield Source(path, "maildir", _folder_labels(path, root))
                    waiting.append(_inside(path, kind))
            except OSError as error:
                yield cannot_read(path, error)


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
        found = _file(path, path.stat().st_mode, kind)
        yield found._replace(name="-") if isinstance(found, Source) else found._replace(origin="-")


def _file(path: Path, mode: int, kind: str | None) -> Source | Skipped:
    if not stat.S_ISREG(mode):
        return Skipped(origin_of(path), 0, NOT_A_FILE)
    with path.open("rb", buffering=0) as file:
        head = file.read(SNIFF)
    if kind is None:
        told, reason = tell(head)
    elif kind == "maildir":
        told, reason = None, "This file is in no Maildir."
    else:
        reason = other_than_mail(head) or ""
        told = None if reason else kind
    return Source(path, told) if told else Skipped(origin_of(path), 0, reason)


def _inside(folder: Path, kind: str | None) -> Iterator[Path]:
    """What is in this folder and may be mail, by name."""
    read_already = set()
    if is_maildir(folder):
        read_already = {"tmp"} if kind in {"eml", "mbox"} else {"cur", "new", "tmp"}
    names = sorted(path.name for path in folder.iterdir())
    return (
        folder / name
        for name in names
        if name not in read_already
        and (not is_bookkeeping(name) or (name.startswith(".") and is_maildir(folder / name)))
    )


def is_bookkeeping(name: str) -> bool:
    """Whether a file of this name is hidden, a lock, or one of the books that mail programs keep."""
    lower = name.lower()
    return lower in _BOOKKEEPING_NAMES or lower.endswith(_BOOKKEEPING_ENDS) or lower.startswith(_BOOKKEEPING_STARTS)


def _folder_labels(path: Path, root: Path) -> tuple[str, ...]:
    """The name of a Maildir folder below what was named, `/` between its levels; none for that itself."""
    name = "/".join(folder_name(part) for part in path.relative_to(root).parts)
    return (name,) if name else ()
