"""Bodies that Outlook keeps as compressed RTF (MS-OXRTFCP): their text, or the HTML inside of it (MS-OXRTFEX)."""

from __future__ import annotations

import re

from casefleet_cli.core.mail import charset
from casefleet_cli.core.mail.containers.allowance import DamagedError
from casefleet_cli.light import NamedTuple

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = rb"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
_PAGES = {0: 1252, 2: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254,
          163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437}  # fmt: skip
"""The code pages of \\fcharset."""
_LETTERS = {
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "emspace": "\u2003",
    "enspace": "\u2002",
    **dict.fromkeys(("tab", "cell", "nestcell"), "\t"),
    **dict.fromkeys(("par", "line", "sect", "page", "row", "nestrow"), "\n"),
}
_SILENT = frozenset(
    "fonttbl colortbl stylesheet info pict nonshppict header headerl headerr headerf footer footerl footerr footerf"
    " objdata themedata filetbl revtbl listtable".split()
)
_DEEPEST = 2000


class Body(NamedTuple):
    """What an RTF body says; one of the two is "" where it was not HTML, and both where it says nothing."""

    text: str
    html: str


def body_of(compressed: bytes) -> Body:
    """The text or HTML of PidTagRtfCompressed; raises DamagedError."""
    rtf = decompressed(compressed)
    if not rtf.lstrip(b"\0\r\n ").startswith(b"{\\rtf"):
        raise DamagedError
    reader = _Reader()
    text = reader.read(rtf)
    return Body("", text) if reader.is_html else Body(text.strip("\n") + "\n" if text.strip() else "", "")


def holds_html(compressed: bytes) -> bool:
    """Whether the beginning of the RTF says that it was made of HTML."""
    try:
        return b"\\fromhtml" in decompressed(compressed, 2000)
    except DamagedError:
        return False


def decompressed(data: bytes, most: int | None = None) -> bytes:
    """The RTF, or its first octets; a body that was cut gives what there is (MS-OXRTFCP section 2.2).

    Raises DamagedError.
    """
    if len(data) < 16:
        raise DamagedError
    size = int.from_bytes(data[4:8], "little")
    if data[8:12] == _PLAIN:
        return data[16 : 16 + size][:most]
    if data[8:12] != _COMPRESSED:
        raise DamagedError
    out = bytearray(_DICTIONARY)  # the window is the last 4,096 octets of it
    before = len(_DICTIONARY)
    most = before + min(size, most if most is not None else size)
    position, end = 16, min(len(data), int.from_bytes(data[:4], "little") + 4)
    while position < end and len(out) < most:
        control = data[position]
        position += 1
        for bit in range(8):
            if position >= end or len(out) >= most:
                break
            if not control >> bit & 1:
                out.append(data[position])
                position += 1
                continue
            if position + 1 >= end:
                return bytes(out[before:most])
            pair = data[position] << 8 | data[position + 1]
            position += 2
            offset, length = pair >> 4, (pair & 15) + 2
            written = len(out) % 4096
            if offset == written:  # the end
                return bytes(out[before:most])
            back = (written - offset) % 4096
            if back > len(out):
                raise DamagedError
            _repeat(out, back, length)
    return bytes(out[before:most])


def _repeat(out: bytearray, back: int, length: int) -> None:
    start = len(out) - back
    if back >= length:
        out += out[start : start + length]
    else:  # what is repeated grows while it is read
        for at in range(start, start + length):
            out.append(out[at])


class _State:
    """What holds for a group and is as it was after it."""

    __slots__ = ("is_fonts", "is_silent", "is_suppressed", "is_tag", "page", "skip")

    def __init__(self) -> None:
        self.is_silent = self.is_tag = self.is_suppressed = self.is_fonts = False
        self.page = 0
        """The code page of its font; 0: that of the document."""
        self.skip = 1
        """How many letters stand for a Unicode one."""

    def copy(self) -> _State:
        other = _State.__new__(_State)
        other.is_silent, other.is_tag, other.is_suppressed = self.is_silent, self.is_tag, self.is_suppressed
        other.is_fonts, other.page, other.skip = self.is_fonts, self.page, self.skip
        return other


class _Reader:
    """Reads tokens one after the other; groups are a list, never recursion."""

    def __init__(self) -> None:
        self.is_html = False
        self.state = _State()
        self.groups: list[_State] = []
        self.fonts: dict[int, int] = {}
        self.font = self.font_read = 0
        self.standard = 1252
        self.out: list[str] = []
        self.held = bytearray()
        self.held_page = 0
        self.skipping = 0
        self.is_first = self.is_starred = False

    def read(self, rtf: bytes) -> str:
        position, match = 0, re.compile(_TOKEN).match
        while found := match(rtf, position):
            position = found.end()
            word, number, code, mark, brace, plain = found.groups()
            if plain is not None or code is not None:
                self.is_first = False
                self.octets(plain if plain is not None else bytes((int(code, 16),)))
            elif word is not None:
                value = int(number) if number else None
                if word == b"bin":
                    position += max(0, value or 0)
                else:
                    self.word(word.decode("ascii"), value)
            elif brace is not None:
                self.brace(brace)
            elif mark is not None:
                self.mark(mark)
        self.flush()
        return "".join(self.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")

    def brace(self, brace: bytes) -> None:
        self.skipping = 0
        if brace == b"{":
            if len(self.groups) < _DEEPEST:
                self.groups.append(self.state)
                self.state = self.state.copy()
            self.is_first, self.is_starred = True, False
        elif self.groups:
            self.state = self.groups.pop()
            self.is_first = False

    def mark(self, mark: bytes) -> None:
        """A control symbol."""
        if mark == b"*":
            self.is_starred = True
            return
        self.is_first = False
        if mark in b"\\{}":
            self.octets(mark)
        elif mark == b"~":
            self.letters("&nbsp;" if self.is_html else "\u00a0")
        elif mark in b"\r\n":
            self.letters("\n")
        elif mark == b"_":
            self.letters("-")

    def word(self, word: str, value: int | None) -> None:
        """A control word; the first of a group can make it a destination."""
        if self.is_first:
            self.is_first = False
            self.destination(word)
        if word == "htmlrtf":
            self.state.is_suppressed = value != 0
        elif word == "fromhtml":
            self.is_html = value != 0
        elif word in _LETTERS:
            self.letters(_LETTERS[word])
        elif word == "u" and value is not None:
            self.letters(chr(value & 0xFFFF))
            self.skipping = self.state.skip
        elif word == "uc":
            self.state.skip = min(max(0, value or 0), 100)
        elif value is not None:
            self.font_word(word, value)
        elif word == "plain":
            self.state.page = self.fonts.get(self.font, 0)

    def font_word(self, word: str, value: int) -> None:
        if word == "ansicpg":
            self.standard = value
        elif word == "deff":
            self.font = value
        elif word == "f":
            if self.state.is_fonts:
                self.font_read = value
            else:
                self.state.page = self.fonts.get(value, 0)
        elif word == "fcharset" and self.state.is_fonts and len(self.fonts) < 5000:
            self.fonts[self.font_read] = _PAGES.get(value, 0)

    def destination(self, word: str) -> None:
        state = self.state
        if word == "htmltag":
            state.is_tag, state.is_silent, state.page = True, state.is_silent, 0
        elif self.is_starred or word in _SILENT:
            state.is_silent = True
            state.is_fonts = word == "fonttbl"
        self.is_starred = False

    @property
    def is_heard(self) -> bool:
        """Whether what stands here belongs to the text."""
        state = self.state
        return not (state.is_silent or state.is_suppressed) and (self.is_html or not state.is_tag)

    def letters(self, letters: str) -> None:
        if self.is_heard:
            self.flush()
            self.out.append(letters)

    def octets(self, octets: bytes) -> None:
        if self.skipping:
            skipped = min(self.skipping, len(octets))
            self.skipping -= skipped
            octets = octets[skipped:]
        if octets and self.is_heard:
            if self.state.page != self.held_page:
                self.flush()
                self.held_page = self.state.page
            self.held += octets

    def flush(self) -> None:
        if self.held:
            codec = charset.codec_of(f"cp{self.held_page or self.standard}") or "cp1252"
            self.out.append(self.held.decode(codec, "replace"))
            self.held.clear()
