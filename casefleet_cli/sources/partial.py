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
    from casefleet_cli.core.mail.mime import Part

LABEL = "put together from .partial.emlx"
_NAME = re.compile(r"(\d{1,18})\.partial\.emlx")
_ENDING = ".partial.emlx"


class Whole(NamedTuple):
    """A message with its parts."""

    message: bytes
    wrong: tuple[tuple[str, str], ...]
    """What could not be put in: the file ("": the message itself), and a sentence."""


def is_partial(name: str) -> bool:
    """Whether a file of this name is the rest of a message whose attachments lie elsewhere."""
    return name.lower().endswith(_ENDING)


def belongs_to(folder: Path) -> str | None:
    """The name of the file whose attachments are in this folder (Attachments/NUMBER), None where there is none."""
    messages = folder.parent.parent / "Messages"
    for name in (f"{folder.name}{_ENDING}", f"{folder.name}.emlx"):
        if (messages / name).is_file():
            return name
    return None


def put_together(message: bytes, path: Path) -> Whole:
    """The message with the content of every empty part that lies in the folder of attachments; what is missing is told.

    `path`: of the .partial.emlx. A link among the attachments is not followed. The same files always give the same
    bytes.
    """
    found = _NAME.fullmatch(path.name)
    folder = path.parent.parent / "Attachments" / found[1] if found else None
    files = _files(folder) if folder else {}
    pieces: list[bytes] = []
    wrong: list[tuple[str, str]] = []
    done, size = 0, len(message)
    for part in mime.nodes(mime.tree(message)):
        if not _is_emptied(part, message):
            continue
        name = part.disposition_parameters.get("filename") or part.parameters.get("name") or ""
        file = _file_of(files.pop(part.number, []), name)
        content = _content(file) if file else None
        if content is None or (size := size + len(content) * 2) > LARGEST:
            called = f"{name} (part {part.number})" if name else f"part {part.number}"
            wrong.append(
                ("", f"The bytes of {called} are missing: Apple Mail kept them in Attachments, beside Messages.")
            )
            continue
        pieces += (message[done : part.body], _body(part, message, content))
        done = part.end
    pieces.append(message[done:])
    wrong += (
        (origin_of(file), f"This belongs to no part of {path.name} that lacks its content.")
        for rest in files.values()
        for file in rest
    )
    return Whole(b"".join(pieces), tuple(wrong))


def _is_emptied(part: Part, message: bytes) -> bool:
    if part.data is not message or part.is_multipart or part.children or part.data[part.body : part.end].strip():
        return False
    return part.field("x-apple-content-length") is not None or part.disposition == "attachment"


def _files(folder: Path) -> dict[str, list[Path]]:
    """The files in the folder of attachments by the number of their part."""
    try:
        parts = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
        return {
            part.name: sorted(
                path
                for path in part.iterdir()
                if not path.name.startswith(".") and path.is_file() and not path.is_symlink()
            )
            for part in parts
        }
    except OSError:
        return {}


def _file_of(files: list[Path], name: str) -> Path | None:
    """The file that bears the name of the part, else the first."""
    return next((file for file in files if file.name == PurePath(name).name), files[0] if files else None)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes() if file.stat().st_size <= LARGEST else None
    except OSError:
        return None


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
