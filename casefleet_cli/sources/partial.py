"""Apple Mail's .partial.emlx, whose attachments lie beside it, in ../Attachments/NUMBER/PART/, put together."""

from __future__ import annotations

import base64
import quopri
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.mail import mime
from casefleet_cli.sources.items import LARGEST, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from casefleet_cli.core.mail.mime import Part

LABEL = "put together from .partial.emlx"
BELONGS = "These are attachments of {} in Messages: read with it where it lacks them."
_NAME = re.compile(r"(\d{1,18})(\.partial)?\.emlx")
_ENDING = ".partial.emlx"
_ABSENT = "Apple Mail kept them in Attachments, beside Messages."
TOO_LARGE = "they are more than one message may have."


class File(NamedTuple):
    """A file among the attachments of a message, in a folder or in an archive."""

    name: str
    origin: str
    """Its path, as Item's."""
    read: Callable[[], bytes | str]
    """Gives its content, or how a sentence ends that says why there is none."""


Files = dict[str, "list[File]"]
"""The files that lie beside a message, by the number of their part."""


class Whole(NamedTuple):
    """A message with its parts."""

    message: bytes
    wrong: tuple[tuple[str, str], ...]
    """What could not be put in: the file ("": the message itself), and a sentence."""


def is_partial(name: str) -> bool:
    """Whether a file of this name is the rest of a message whose attachments lie elsewhere."""
    return name.lower().endswith(_ENDING)


def number_of(name: str) -> tuple[str, bool] | None:
    """The number in the name of Apple Mail's file of a message, and whether that lacks its attachments; else None."""
    found = _NAME.fullmatch(name)
    return (found[1], found[2] is not None) if found else None


def belongs_to(folder: Path) -> str | None:
    """The name of the file whose attachments are in this folder (Attachments/NUMBER), None where there is none."""
    messages = folder.parent.parent / "Messages"
    for name in (f"{folder.name}{_ENDING}", f"{folder.name}.emlx"):
        if (messages / name).is_file():
            return name
    return None


def beside(path: Path) -> Files:
    """The files in the folder of attachments of the .partial.emlx of this path; a link among them is not followed."""
    found = number_of(path.name)
    return _files(path.parent.parent / "Attachments" / found[0]) if found else {}


def put_together(message: bytes, name: str, beside: Mapping[str, Sequence[File]]) -> Whole:
    """The message with the content of every empty part that lies beside it; what is missing is told.

    `name`: of the .partial.emlx. The same files always give the same bytes.
    """
    files = {number: list(listed) for number, listed in beside.items()}
    pieces: list[bytes] = []
    wrong: list[tuple[str, str]] = []
    done, size = 0, len(message)
    for part in mime.nodes(mime.tree(message)):
        if not _is_emptied(part, message):
            continue
        called = part.disposition_parameters.get("filename") or part.parameters.get("name") or ""
        file = _file_of(files.pop(part.number, []), called)
        content = file.read() if file else _ABSENT
        if not isinstance(content, str) and (size := size + len(content) * 2) > LARGEST:
            content = TOO_LARGE
        if isinstance(content, str):
            which = f"{called} (part {part.number})" if called else f"part {part.number}"
            wrong.append(("", f"The bytes of {which} are missing: {content}"))
            continue
        pieces += (message[done : part.body], _body(part, message, content))
        done = part.end
    pieces.append(message[done:])
    wrong += (
        (file.origin, f"This belongs to no part of {name} that lacks its content.")
        for rest in files.values()
        for file in rest
    )
    return Whole(b"".join(pieces), tuple(wrong))


def _is_emptied(part: Part, message: bytes) -> bool:
    if part.data is not message or part.is_multipart or part.children or part.data[part.body : part.end].strip():
        return False
    return part.field("x-apple-content-length") is not None or part.disposition == "attachment"


def _files(folder: Path) -> Files:
    try:
        parts = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
        return {
            part.name: [
                File(path.name, origin_of(path), lambda path=path: _content(path))  # type: ignore[misc]
                for path in sorted(part.iterdir())
                if not path.name.startswith(".") and path.is_file() and not path.is_symlink()
            ]
            for part in parts
        }
    except OSError:
        return {}


def _file_of(files: Sequence[File], name: str) -> File | None:
    """The file that bears the name of the part, else the first."""
    return next((file for file in files if file.name == PurePath(name).name), files[0] if files else None)


def _content(file: Path) -> bytes | str:
    try:
        return file.read_bytes() if file.stat().st_size <= LARGEST else TOO_LARGE
    except OSError as error:
        return f"their file in Attachments cannot be read ({error.strerror or error})."


def _body(part: Part, message: bytes, content: bytes) -> bytes:
    """The content as the body of the part, in the encoding that its header names."""
    line_end = b"\r\n" if b"\r\n" in message[:1_000] else b"\n"
    if part.encoding == "base64":
        encoded = base64.encodebytes(content).replace(b"\n", line_end).removesuffix(line_end)
    elif part.encoding == "quoted-printable":
        encoded = quopri.encodestring(content)
    else:
        encoded = content
    has_gap = message[: part.body].endswith((b"\n\n", b"\n\r\n"))
    return (b"" if has_gap else line_end) + encoded
