"""winmail.dat: the Transport Neutral Encapsulation Format (MS-OXTNEF), in which Outlook hides text and attachments."""

from __future__ import annotations

from casefleet_cli.core.mail.containers import mapi
from casefleet_cli.core.mail.containers.allowance import DEEPEST, DamagedError
from casefleet_cli.core.mail.containers.msg import TOO_DEEP
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.mail.containers.allowance import Allowance

MAGIC = b"\x78\x9f\x3e\x22"
DAMAGED = "tnef-damaged"
_SUBJECT, _BODY, _PAGE, _PROPERTIES = 0x8004, 0x800C, 0x9007, 0x9003
_NEW_FILE, _FILE_NAME, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_SIZES = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8,
          0x0048: 16, 0x0001: 0, 0x0000: 0}  # fmt: skip
_VARIABLE = (mapi.UNICODE, mapi.STRING8, mapi.BINARY, mapi.OBJECT)
_MANY = 0x1000
_INTERFACE = 16
"""Octets before an object: the name of the interface it is of."""


def read(octets: bytes, allowance: Allowance, depth: int = 0) -> mapi.Item:
    """What is in a winmail.dat: what stands before damage is read; raises DamagedError and SpentError."""
    if not octets.startswith(MAGIC) or len(octets) < 6:
        raise DamagedError
    attributes, is_whole = _attributes(octets)
    defects = [] if is_whole else [DAMAGED]
    page = next((value for number, value in attributes if number == _PAGE), b"")
    pages = (int.from_bytes(page[:4], "little"),) if page else ()
    message = mapi.Properties(pages)
    groups: list[list[tuple[int, bytes]]] = []
    for number, value in attributes:
        if number == _NEW_FILE:
            allowance.take(0, 1)
            groups.append([])
        elif number in (_FILE_NAME, _FILE_DATA, _FILE_PROPERTIES):
            if not groups:
                groups.append([])
            groups[-1].append((number, value))
        elif number == _PROPERTIES:
            _Stream(value, message, defects, allowance).read()
        elif number in (_SUBJECT, _BODY):
            message.add(mapi.SUBJECT if number == _SUBJECT else mapi.BODY, mapi.STRING8, value)
    message.settle_pages()
    files = [_file(group, message.pages or pages, allowance, depth, defects) for group in groups]
    if not attributes and not is_whole:
        raise DamagedError
    return mapi.Item(message, (), tuple(files), tuple(dict.fromkeys(defects)))


def _attributes(octets: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """The attributes in order, by number, and whether their lengths fit; check sums are not looked at."""
    found: list[tuple[int, bytes]] = []
    position = 6
    while position + 9 <= len(octets):
        level = octets[position]
        if level not in (1, 2):
            return found, False
        number = int.from_bytes(octets[position + 1 : position + 3], "little")
        length = int.from_bytes(octets[position + 5 : position + 9], "little")
        start = position + 9
        if start + length > len(octets):
            found.append((number, octets[start:]))
            return found, False
        found.append((number, octets[start : start + length]))
        position = start + length + 2
    return found, not octets[position:].strip(b"\0\r\n\t ")


def _file(
    group: list[tuple[int, bytes]], pages: tuple[int, ...], allowance: Allowance, depth: int, defects: list[str]
) -> mapi.File:
    properties = mapi.Properties(pages)
    content: bytes | None = None
    for number, value in group:
        if number == _FILE_PROPERTIES:
            _Stream(value, properties, defects, allowance).read()
        elif number == _FILE_DATA:
            content = value
    for number, value in group:
        if number == _FILE_NAME:
            properties.add(mapi.FILE_NAME, mapi.STRING8, value)
    kind, held = properties.values.get(mapi.FILE_DATA, (0, b""))
    if kind == mapi.OBJECT and held[_INTERFACE : _INTERFACE + 4] == MAGIC:
        if depth + 1 >= DEEPEST:
            defects.append(TOO_DEEP)
            return mapi.File(properties, None)
        allowance.take(len(held))
        try:
            item = read(held[_INTERFACE:], allowance, depth + 1)
        except DamagedError:
            defects.append(DAMAGED)
        else:
            defects += item.defects
            return mapi.File(properties, None, item)
    if not content and held:
        content = held[_INTERFACE:] if kind == mapi.OBJECT else held
    allowance.take(len(content or b""))
    return mapi.File(properties, content)


class _Stream:
    """A list of MAPI properties as TNEF writes them (MS-OXTNEF section 2.1.3.4)."""

    def __init__(self, data: bytes, into: mapi.Properties, defects: list[str], allowance: Allowance) -> None:
        self.data = data
        self.position = 0
        self.into = into
        self.defects = defects
        self.allowance = allowance

    def read(self) -> None:
        """Note every property that is wanted; what is cut off is a defect."""
        try:
            for _ in range(self.number()):
                self.one()
        except IndexError:
            self.defects.append(DAMAGED)

    def one(self) -> None:
        """One property."""
        head = self.number()
        kind, number = head & 0xFFFF, head >> 16
        if number >= 0x8000:  # a property with a name
            self.skip(16)
            if self.number():
                self.value()
            else:
                self.skip(4)
        is_many, kind = bool(kind & _MANY), kind & ~_MANY
        if kind in _VARIABLE:
            for index in range(self.number()):
                value = self.value()
                if index == 0 and not is_many and number in mapi.WANTED:
                    self.into.add(number, kind, value)
            return
        if kind not in _SIZES:
            raise IndexError
        for _ in range(self.number() if is_many else 1):
            start = self.position
            self.skip(_SIZES[kind])
            if not is_many and number in mapi.WANTED:
                self.into.add(number, kind, self.data[start : self.position])

    def number(self) -> int:
        start = self.position
        self.skip(4)
        return int.from_bytes(self.data[start : start + 4], "little")

    def value(self) -> bytes:
        """Octets with their length before them, filled up to a multiple of four."""
        length = self.number()
        start = self.position
        self.skip(length)
        self.position = min(len(self.data), start + (length + 3) // 4 * 4)
        return self.data[start : start + length]

    def skip(self, octets: int) -> None:
        self.position += octets
        if self.position > len(self.data):
            raise IndexError
