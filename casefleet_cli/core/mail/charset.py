"""Bytes to text, whatever the label says: the declared charset, its real-world superset, UTF-8, Windows-1252.

What could be read is never replaced: U+FFFD stands only for bytes that no candidate explains.
"""

from __future__ import annotations

import codecs
import re

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WINDOWS_1252 = dict(
    zip(
        (*range(0x80, 0xA0),),
        "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ",
        strict=True,
    )
)
"""The C1 range as Windows-1252 has it; its five holes stay what they are in ISO 8859-1."""

_SINGLE_BYTE = ("iso8859", "cp125", "cp874", "koi8", "mac-")
"""How the names of codecs begin in which a letter is one byte."""
_NAMED = {
    "": None,
    "ascii": "utf-8",
    "usascii": "utf-8",
    "ansix341968": "utf-8",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode11utf8": "utf-8",
    "unicode": "utf-16",
    "ucs2": "utf-16",
    "iso10646ucs2": "utf-16",
    "unicode11utf7": "utf-7",
    "xunicode20utf7": "utf-7",
    "latin1": "iso8859-1",
    "l1": "iso8859-1",
    "iso88591": "iso8859-1",
    "ansi": "iso8859-1",
    "cp819": "iso8859-1",
    "iso885911": "cp874",
    "tis620": "cp874",
    "iso88598i": "iso8859-8",
    "iso88598e": "iso8859-8",
    "iso88596i": "iso8859-6",
    "iso88596e": "iso8859-6",
    "macintosh": "mac-roman",
    "mac": "mac-roman",
    "xmacroman": "mac-roman",
    "xmaccyrillic": "mac-cyrillic",
    "xmacce": "mac-latin2",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "gbk": "gb18030",
    "xgbk": "gb18030",
    "euccn": "gb18030",
    "xeuccn": "gb18030",
    "chinese": "gb18030",
    "hzgb2312": "hz",
    "xsjis": "cp932",
    "sjis": "cp932",
    "shiftjis": "cp932",
    "mskanji": "cp932",
    "windows31j": "cp932",
    "xeucjp": "euc-jp",
    "ujis": "euc-jp",
    "euckr": "cp949",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "korean": "cp949",
    "uhc": "cp949",
    "xxbig5": "big5hkscs",
    "xbig5": "big5hkscs",
    "big5": "big5hkscs",
    "koi8": "koi8-r",
    "koi": "koi8-r",
    "xkoi8r": "koi8-r",
    "xkoi8u": "koi8-u",
    "koi8ru": "koi8-u",
}
"""By label without its punctuation: what the codec registry lacks, or what senders really mean (WHATWG Encoding)."""

_CODE_PAGE = r"(?:windows|win|cp|ibm|ms|dos|xcp|xwindows|microsoftcp|cswindows|csibm|codepage)(\d{3,5})"
_CODE_PAGES = {
    "65001": "utf-8",
    "65000": "utf-7",
    "20127": "utf-8",
    "1200": "utf-16-le",
    "1201": "utf-16-be",
    "936": "gb18030",
    "54936": "gb18030",
    "20936": "gb18030",
    "50220": "iso2022-jp",
    "50221": "iso2022-jp",
    "50222": "iso2022-jp",
    "51932": "euc-jp",
    "51949": "cp949",
    "950": "big5hkscs",
    "20866": "koi8-r",
    "21866": "koi8-u",
    "10000": "mac-roman",
    "28591": "iso8859-1",
}
_AFTER = {
    "cp932": ("shift_jis_2004", "euc-jp"),
    "euc-jp": ("euc_jis_2004", "cp932"),
    "big5hkscs": ("cp950",),
    "cp949": ("johab",),
    "iso2022-jp": ("iso2022_jp_ext", "iso2022_jp_2004", "iso2022_jp_2"),
}
_NOT_FOR_MAIL = frozenset(
    ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem", "palmos", "ptcp154")
)
_LONG = 1 << 20
"""Past this many octets broken UTF-8 is read as one charset instead of error by error."""


def decode(data: bytes | memoryview, charset: str | None = None) -> str:
    """Read the bytes as text; never raises."""
    return read(data, charset)[0]


def read(
    data: bytes | memoryview, charset: str | None = None, hint: Callable[[], str | None] | None = None
) -> tuple[str, str | None]:
    """Read the bytes as text, and name the defect: "charset-unknown", "charset-wrong" or None; never raises.

    `hint` is asked for another charset when none is named, or one that the bytes can't be in.
    """
    codec = codec_of(charset)
    defect = "charset-unknown" if charset and codec is None and not _says_nothing(charset) else None
    if codec in (None, "utf-8"):
        try:
            return str(data, "utf-8"), defect
        except UnicodeDecodeError:
            content = bytes(data)
            told = _told(content, hint()) if hint and "utf" not in (charset or "").lower() else None
            return _guess(content) if told is None else told, defect or (
                "charset-wrong" if charset else "charset-missing"
            )
    content = bytes(data)
    if str(codec).startswith(_SINGLE_BYTE) and not content.isascii():
        # Letters of a single byte hardly ever make valid UTF-8 by chance; programs that mislabel it are common.
        try:
            return str(content, "utf-8"), "charset-wrong"
        except UnicodeDecodeError:
            pass
    if codec == "iso8859-1":
        return _windows_1252(content), defect
    text = _declared(content, str(codec))
    if text is not None:
        return text, defect
    try:
        return str(data, "utf-8"), "charset-wrong"
    except UnicodeDecodeError:
        return _surrogates_out(str(data, str(codec), "replace")), "charset-wrong"


def codec_of(charset: str | None) -> str | None:
    """The codec that reads mail labelled so; None where the label names nothing we know."""
    if not charset:
        return None
    label = charset.strip("\"' \t\r\n").partition(";")[0].partition("*")[0].lower()
    if label in ("utf-8", "us-ascii"):
        return "utf-8"
    if not label or len(label) > 40 or not label.isascii() or not label.isprintable():
        return None
    plain = "".join(letter for letter in label if letter.isalnum())
    if plain in _NAMED:
        return _NAMED[plain]
    page = re.fullmatch(_CODE_PAGE, plain)
    if page:
        label = _CODE_PAGES.get(page[1]) or (f"iso8859-{page[1][3:]}" if page[1].startswith("2859") else f"cp{page[1]}")
    for name in (label, label.removeprefix("x-"), plain):
        try:
            info = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if info._is_text_encoding and info.name not in _NOT_FOR_MAIL:  # noqa: SLF001 - what bytes.decode itself asks
            return {"iso2022_jp": "iso2022-jp", "euc_jp": "euc-jp", "utf_8": "utf-8"}.get(info.name, info.name)
    return None


def _says_nothing(charset: str) -> bool:
    plain = charset.strip("\"' ").lower()
    return plain in ("", "unknown-8bit", "x-unknown", "unknown", "default", "8bit", "7bit", "binary", "none")


def _declared(data: bytes, codec: str) -> str | None:
    """The text in the declared codec or one of its kin, or None where none of them fits."""
    if codec.startswith(("utf-16", "utf_16")):
        return _utf_16(data, codec)
    for name in (codec, *_AFTER.get(codec, ())):
        try:
            return _surrogates_out(str(data, name)) if name == "utf-7" else str(data, name)
        except (UnicodeError, ValueError):
            continue
    if codec.startswith("iso2022") and b"\x1b" in data:
        return _jis(data)
    return None


def _utf_16(data: bytes, codec: str) -> str | None:
    if b"\0" not in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return str(data, "ascii")
        except UnicodeDecodeError:
            pass
    elif codec.endswith("16") and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16-be" if data[:2000:2].count(0) >= data[1:2000:2].count(0) else "utf-16-le"
    try:
        return str(data, codec).removeprefix("\ufeff")
    except UnicodeError:
        return None


_JIS_SWITCH = rb"\x1b(\$[@B]|\$\([DOPQ]|\([BJIH])"


def _jis(data: bytes) -> str | None:
    """ISO-2022-JP with the vendors' rows (as CP50221 has them), by way of the same characters in CP932."""
    pieces = re.split(_JIS_SWITCH, data)
    out = [str(pieces[0], "latin-1")]
    for switch, piece in zip(pieces[1::2], pieces[2::2], strict=False):
        if switch.startswith(b"$"):
            out.append(_two_byte_jis(piece))
        elif switch == b"(I":
            out.append(str(bytes(byte | 0x80 for byte in piece), "cp932", "replace"))
        else:
            out.append(str(piece, "latin-1"))
    return "".join(out)


def _two_byte_jis(piece: bytes) -> str:
    shifted = bytearray()
    for row, cell in zip(piece[::2], piece[1::2], strict=False):
        high, low = row - 0x21, cell - 0x21
        if not (0 <= high < 94 and 0 <= low < 94):
            shifted += bytes((row, cell))
            continue
        first = high // 2 + (0x81 if high < 62 else 0xC1)
        second = low + 0x9F if high % 2 else low + (0x40 if low < 63 else 0x41)
        shifted += bytes((first, second))
    return str(bytes(shifted), "cp932", "replace")


def _told(data: bytes, label: str | None) -> str | None:
    """The text in the charset that another part of the mail names; None where it does not fit, or UTF-8 is mixed in."""
    codec = codec_of(label)
    if codec in (None, "utf-8", "iso8859-1"):
        return None
    if len(data) <= _LONG:
        mixed = str(data, "utf-8", "replace")
        errors = mixed.count("\ufffd")
        if sum(not letter.isascii() for letter in mixed) >= 2 * errors:
            return None
    return _declared(data, str(codec))


def _guess(data: bytes) -> str:
    """Bytes without a usable label that are not UTF-8."""
    if b"\x1b$" in data:
        text = _declared(data, "iso2022-jp")
        if text is not None:
            return text
    if len(data) <= _LONG:
        return str(data, "utf-8", "casefleet-windows-1252")
    return _windows_1252(data)


def _windows_1252(data: bytes) -> str:
    try:
        return str(data, "cp1252")
    except UnicodeDecodeError:  # it has the holes
        return str(data, "latin-1").translate(_WINDOWS_1252)


def _surrogates_out(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _single_bytes(error: UnicodeError) -> tuple[str, int]:
    """Read what is not UTF-8 as Windows-1252: mail pasted together from both is common."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _windows_1252(error.object[error.start : error.end]), error.end


codecs.register_error("casefleet-windows-1252", _single_bytes)
