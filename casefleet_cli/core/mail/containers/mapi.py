"""MAPI properties, which Outlook's .msg and winmail.dat share: their values in the words of this house (MS-OXPROPS)."""

from __future__ import annotations

from casefleet_cli.core.mail import charset
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

UNICODE, STRING8, BINARY, OBJECT = 0x001F, 0x001E, 0x0102, 0x000D

CLASS, SUBJECT, SUBMITTED, DELIVERED, HEADERS = 0x001A, 0x0037, 0x0039, 0x0E06, 0x007D
FLAGS, BODY, HTML, RTF, MSGID = 0x0E07, 0x1000, 0x1013, 0x1009, 0x1035
IN_REPLY_TO, REFERENCES = 0x1042, 0x1039
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
AUTHOR_NAME, AUTHOR_ADDRESS, AUTHOR_SMTP = 0x0042, 0x0065, 0x5D02
CREATOR_NAME, CREATOR_SMTP = 0x3FF8, 0x5D0A
RECIPIENT_KIND, NAME, ADDRESS, SMTP, SHOWN_NAME = 0x0C15, 0x3001, 0x3003, 0x39FE, 0x5FF6
MESSAGE_PAGE, INTERNET_PAGE, LOCALE = 0x3FFD, 0x3FDE, 0x3FF1
FILE_METHOD, FILE_DATA, FILE_NAME, FILE_LONG_NAME, FILE_TYPE = 0x3705, 0x3701, 0x3704, 0x3707, 0x370E
FILE_PATH, FILE_LONG_PATH, FILE_EXTENSION, CONTENT_ID, FILE_FLAGS, HIDDEN = (
    0x3708,
    0x370D,
    0x3703,
    0x3712,
    0x3714,
    0x7FFE,
)
WANTED = frozenset(value for value in list(globals().values()) if type(value) is int) - {
    UNICODE,
    STRING8,
    BINARY,
    OBJECT,
}
"""The properties that are read; all others are left where they are."""

UNSENT = 0x8
"""The bit of FLAGS for a message that was never sent (MSGFLAG_UNSENT)."""
_PAGES = {
    0x0401: 1256, 0x0404: 950, 0x0405: 1250, 0x0408: 1253, 0x040D: 1255, 0x040E: 1250, 0x0411: 932, 0x0412: 949,
    0x0415: 1250, 0x0418: 1250, 0x0419: 1251, 0x041A: 1250, 0x041B: 1250, 0x041E: 874, 0x041F: 1254, 0x0422: 1251,
    0x0424: 1250, 0x0425: 1257, 0x0426: 1257, 0x0427: 1257, 0x0429: 1256, 0x042A: 1258, 0x0402: 1251, 0x0804: 936,
    0x0C04: 950, 0x1004: 936, 0x0C1A: 1251,
}  # fmt: skip
"""The code page of a locale (MS-LCID); 1252 for the others."""
_DOUBLE = (932, 936, 949, 950, 1361, 51932, 51936, 51949, 54936)


class Properties:
    """The properties of a message, a recipient or an attachment, by number."""

    __slots__ = ("pages", "values")

    def __init__(self, pages: tuple[int, ...] = ()) -> None:
        self.values: dict[int, tuple[int, bytes]] = {}
        self.pages = pages
        """Code pages of 8-bit text, likeliest first."""

    def add(self, number: int, kind: int, value: bytes) -> None:
        """Note a value as it stands in the file; Unicode wins over 8-bit text, else the first counts."""
        if number not in self.values or (kind == UNICODE and self.values[number][0] == STRING8):
            self.values[number] = (kind, value)

    def text(self, *numbers: int) -> str:
        """The first of these texts that says anything, "" where none does."""
        for number in numbers:
            kind, value = self.values.get(number, (0, b""))
            if kind == UNICODE:
                text = value[: len(value) & ~1].decode("utf-16-le", "replace")
            elif kind in (STRING8, BINARY):
                text = text_of(value, self.pages)
            else:
                continue
            text = text.rstrip("\0").replace("\0", "")
            if text.strip():
                return text
        return ""

    def octets(self, number: int) -> bytes | None:
        """A value that is no text."""
        found = self.values.get(number)
        return found[1] if found else None

    def integer(self, number: int) -> int | None:
        """A number; a truth value is 0 or 1."""
        kind, value = self.values.get(number, (0, b""))
        if kind == 0x000B:
            return value[0] & 1 if value else 0
        return int.from_bytes(value[:4], "little") if kind in (0x0003, 0x0002) and len(value) >= 2 else None

    def moment(self, *numbers: int) -> datetime | None:
        """The first of these moments that is in the years 1980 to 2099."""
        from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - not every container has one

        for number in numbers:
            kind, value = self.values.get(number, (0, b""))
            if kind != 0x0040 or len(value) < 8:
                continue
            seconds = int.from_bytes(value[:8], "little") // 10_000_000
            if 11_960_000_000 < seconds < 15_745_000_000:
                return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        return None

    def settle_pages(self) -> None:
        """Work out the code pages of 8-bit text from what the message says of them."""
        said = [self.integer(number) for number in (MESSAGE_PAGE, INTERNET_PAGE)]
        locale = self.integer(LOCALE)
        if locale is not None:
            said.append(_PAGES.get(locale, 1252))
        self.pages = tuple(dict.fromkeys(page for page in said if page and page not in (1200, 20127))) or self.pages


def text_of(value: bytes, pages: tuple[int, ...]) -> str:
    """8-bit text in the first of the code pages that fits; what reads as UTF-8 is UTF-8 whatever is said."""
    value = value.rstrip(b"\0")
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    first = pages[0] if pages else 1252
    order = [f"cp{first}", "utf-8"] if first in _DOUBLE else ["utf-8", *(f"cp{page}" for page in pages)]
    for label in order:
        codec = "utf-8" if label == "cp65001" else charset.codec_of(label)
        if codec is None:
            continue
        try:
            return value.decode(codec)
        except (UnicodeError, LookupError):
            continue
    return charset.decode(value, f"cp{first}" if first != 65001 else None)


class File(NamedTuple):
    """An attachment."""

    properties: Properties
    content: bytes | None
    """None: the container does not have it."""
    item: Item | None = None
    """The message that is attached in MAPI's form."""


class Item(NamedTuple):
    """A message, or another thing that Outlook keeps, in MAPI's form."""

    properties: Properties
    recipients: tuple[Properties, ...]
    files: tuple[File, ...]
    defects: tuple[str, ...] = ()
