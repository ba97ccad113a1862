"""Outlook's .msg (MS-OXMSG): properties, recipients and attachments in an OLE2 compound file (MS-CFB)."""

from __future__ import annotations

import re

from casefleet_cli.core.mail.containers import mapi
from casefleet_cli.core.mail.containers.allowance import DEEPEST, DamagedError, SpentError
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from casefleet_cli.core.mail.containers.allowance import Allowance

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARK = "__properties_version1.0".encode("utf-16-le")
"""The name of a stream that every .msg has, and no document."""
MISSING = "msg-needs-casefleet[msg]"
DAMAGED = "msg-damaged"
TOO_DEEP = "containers-too-deep"
_SMALLEST = 1536
_PROPERTIES = "__properties_version1.0"
_STREAM = r"__substg1\.0_([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})"
_HEADS = {0: 32, 1: 24}
_OF_OLE = ("contents", "\x01ole10native", "package", "word document", "workbook")


def can_read() -> bool:
    """Whether the library that reads compound files is installed."""
    try:
        import olefile  # noqa: F401, PLC0415 - an optional extra
    except ImportError:
        return False
    return True


def read(octets: bytes, allowance: Allowance) -> mapi.Item:
    """What is in a .msg; raises DamagedError, SpentError, and ImportError where the extra is not installed."""
    if len(octets) < _SMALLEST or not octets.startswith(MAGIC):
        raise DamagedError
    import olefile  # noqa: PLC0415 - an optional extra

    try:
        ole: Any = olefile.OleFileIO(octets)  # type: ignore[no-untyped-call]
        return _Reader(ole, len(octets), allowance).item(ole.root, 0, ())
    except (SpentError, DamagedError, MemoryError):
        raise
    except Exception as error:  # the library raises whatever a damaged file makes it stumble over
        raise DamagedError from error


class _Reader:
    def __init__(self, ole: Any, size: int, allowance: Allowance) -> None:
        self.ole = ole
        self.size = size
        self.defects: list[str] = []
        self.allowance = allowance

    def item(self, storage: Any, depth: int, pages: tuple[int, ...]) -> mapi.Item:
        """The message in a storage; those attached to it are read at most DEEPEST levels down."""
        if _PROPERTIES not in {kid.name for kid in storage.kids}:
            raise DamagedError
        properties = self.properties(storage, _HEADS.get(min(depth, 1), 24), pages)
        properties.settle_pages()
        recipients, files = [], []
        for kid in storage.kids:
            name = kid.name.lower()
            if name.startswith("__recip_version1.0_"):
                self.allowance.take(0, 1)
                recipients.append((name, self.properties(kid, 8, properties.pages)))
            elif name.startswith("__attach_version1.0_"):
                self.allowance.take(0, 1)
                files.append((name, self.file(kid, depth, properties.pages)))
        return mapi.Item(
            properties,
            tuple(found for _, found in sorted(recipients, key=_by_name)),
            tuple(found for _, found in sorted(files, key=_by_name)),
            tuple(dict.fromkeys(self.defects)),
        )

    def file(self, storage: Any, depth: int, pages: tuple[int, ...]) -> mapi.File:
        """An attachment: its octets, or the message that it is."""
        properties = self.properties(storage, 8, pages)
        inner = next((kid for kid in storage.kids if kid.name.lower() == "__substg1.0_3701000d"), None)
        if inner is None or inner.entry_type != 1:
            return mapi.File(properties, properties.octets(mapi.FILE_DATA))
        if any(kid.name == _PROPERTIES for kid in inner.kids):
            if depth + 1 >= DEEPEST:
                self.defects.append(TOO_DEEP)
                return mapi.File(properties, None)
            return mapi.File(properties, None, self.item(inner, depth + 1, pages))
        for kid in inner.kids:
            if kid.name.lower() in _OF_OLE and kid.entry_type == 2:
                return mapi.File(properties, self.stream(kid))
        return mapi.File(properties, None)

    def properties(self, storage: Any, head: int, pages: tuple[int, ...]) -> mapi.Properties:
        """The properties of a storage that are wanted."""
        found = mapi.Properties(pages)
        match = re.compile(_STREAM).fullmatch
        for kid in storage.kids:
            if kid.entry_type != 2:
                continue
            named = match(kid.name)
            if named:
                number, kind = int(named[1], 16), int(named[2], 16)
                if number in mapi.WANTED and kind in (mapi.UNICODE, mapi.STRING8, mapi.BINARY):
                    found.add(number, kind, self.stream(kid))
            elif kid.name == _PROPERTIES:
                rows = self.stream(kid)
                for at in range(head, len(rows) - 15, 16):
                    kind, number = (
                        int.from_bytes(rows[at : at + 2], "little"),
                        int.from_bytes(rows[at + 2 : at + 4], "little"),
                    )
                    if number in mapi.WANTED and kind in (0x0002, 0x0003, 0x000B, 0x0040):
                        found.add(number, kind, rows[at + 8 : at + 16])
        return found

    def stream(self, entry: Any) -> bytes:
        """The octets of a stream; those of a damaged one are missing, and a defect says so."""
        if entry.size <= self.size:
            self.allowance.take(entry.size)
            try:
                # openstream() would look through all entries for the name.
                return bytes(self.ole._open(entry.isectStart, entry.size).read())  # noqa: SLF001
            except Exception:  # noqa: BLE001, S110 - whatever a damaged file makes the library stumble over
                pass
        self.defects.append(DAMAGED)
        return b""


def _by_name(pair: tuple[str, object]) -> str:
    return pair[0]
