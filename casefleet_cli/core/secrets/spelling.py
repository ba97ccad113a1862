"""The spellings of a BCC address, in text and in octets, and how each is masked where it stands.

A text is read in several ways: as it is; with entities and percent-encoding undone; without HTML tags; without the
soft line breaks of quoted-printable; without what cuts a parameter into pieces; with the escapes of JSON undone. In all
of them compatibility forms (fullwidth letters) are plain, and what nobody sees (soft hyphens, zero-width letters) is
not there. What is found is replaced in the original spelling: its letters go, while tags and soft breaks between them
stay: a page is a page and a message a message afterwards. What holds no secret stays as it was, octet for octet.

Linear in the text, however many addresses there are: candidates are looked up by their first letters.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Letters = Callable[[re.Match[str]], str | None]
    Span = tuple[int, int]

MASK = "***"
SHORTEST = 12
"""Letters of a secret part that is looked for by itself; ours have 17 and more."""
_LONGEST_LOCAL = 200
_LOCAL_PART = re.compile(r"[^\s<>@,;:\"'()\[\]|/\\]+\Z")
_MADE_BY_US = re.compile(r"-[2-9a-hjkmnp-z]{16,}\Z", re.I)
_CASE_TAG = re.compile(r"\+[\w./~-]{1,64}(?=@|%40|=40|&#|&commat)")
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}

_ENTITY = re.compile(r"&(?:#(\d{1,12})|#[xX]([0-9A-Fa-f]{1,12})|([A-Za-z]{2,16}));?")
_NAMED = {
    "commat": "@", "period": ".", "plus": "+", "dash": "-", "hyphen": "-", "amp": "&", "percnt": "%", "shy": "",
    "zwnj": "", "zwj": "", "lrm": "", "rlm": "", "NoBreak": "", "ZeroWidthSpace": "", "lt": "<", "gt": ">",
    "quot": '"', "apos": "'", "nbsp": " ",
}  # fmt: skip
_PERCENT = re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+")
_QUOTED = re.compile(r"=[ \t]*\r?\n|=[0-7][0-9A-Fa-f]|(?:=[89A-Fa-f][0-9A-Fa-f])+")
_ESCAPE = re.compile(r"[=%][0-9A-Fa-f]{2}")
_JSON_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}")
_TAG = re.compile(r"<[^<>]*>")
_CUT = re.compile(r"\"?;\s*[\w-]{1,40}\*\d{1,3}\*?=\"?")
"""Where a parameter of a header field goes on in its next piece (RFC 2231 section 3)."""
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
_UNSEEN_TOO = "\U000e0000-\U000e01ef\udcad"  # the last is Latin-1's soft hyphen, in octets that are not UTF-8
_SIMILAR = (
    "\u00aa-\u00be\u017f\u02b0-\u02ff\u1d2c-\u1dbf\u2010-\u2015\u2024\u2070-\u209c\u2100-\u214f\u2460-\u24ff\u3002"
)
_SIMILAR_TOO = "\ufe50-\ufe6b\uff01-\uffdc\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff"
_MARK = re.compile(f"[{_UNSEEN}{_UNSEEN_TOO}{_SIMILAR}{_SIMILAR_TOO}]")
_IS_UNSEEN = re.compile(f"[{_UNSEEN}{_UNSEEN_TOO}]")


class _Layer(NamedTuple):
    """One thing that is undone: where it stands, and the letters it stands for; None where it is none."""

    sign: str
    """Only text with this in it can have it; "" for text that is not ASCII."""
    pattern: re.Pattern[str]
    letters: Letters


def _entity(found: re.Match[str]) -> str | None:
    if found[3]:
        return _NAMED.get(found[3])
    number = int(found[1]) if found[1] else int(found[2], 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return None
    letter = chr(number)
    return letter if number < 0x80 else _mark_of(letter)


def _octets(found: re.Match[str]) -> str:
    written = found[0]
    if written[1] in " \t\r\n":
        return ""
    octets = bytes.fromhex(written.replace(written[0], ""))
    return octets.decode("utf-8", "surrogateescape")


def _mark(found: re.Match[str]) -> str:
    return _mark_of(found[0])


def _mark_of(letter: str) -> str:
    if _IS_UNSEEN.match(letter):
        return ""
    if letter == "\u3002":
        return "."
    if "\u2010" <= letter <= "\u2015":
        return "-"
    return unicodedata.normalize("NFKC", letter)


def _escaped(found: re.Match[str]) -> str:
    letter = bytes.fromhex(found[0].replace("\\u", "")).decode("utf-16-be", "replace")
    return letter if letter.isascii() else _mark_of(letter)


def _nothing(_: re.Match[str]) -> str:
    return ""


_ENTITIES = _Layer("&", _ENTITY, _entity)
_PERCENTS = _Layer("%", _PERCENT, _octets)
_MARKS = _Layer("", _MARK, _mark)
_TAGS = _Layer("<", _TAG, _nothing)
_JSON = _Layer("\\", _JSON_ESCAPE, _escaped)
_SOFT = _Layer("=", _QUOTED, _octets)
_CUTS = _Layer("*", _CUT, _nothing)
_READINGS = (
    (_ENTITIES, _PERCENTS, _MARKS),
    (_MARKS,),
    (_TAGS, _ENTITIES, _MARKS),
    (_SOFT, _ENTITIES, _PERCENTS, _MARKS),
    (_SOFT, _TAGS, _ENTITIES, _MARKS),
    (_CUTS, _PERCENTS, _MARKS),
    (_JSON, _ENTITIES, _PERCENTS, _MARKS),
)
_LETTERS = ((_ENTITIES, _PERCENTS, _MARKS), (_MARKS,), (_SOFT, _ENTITIES, _PERCENTS, _MARKS))
"""The readings in which nothing but letters is undone, so that what is one word was one."""


class _Reading:
    """A text with some spellings undone, and the way back from its letters to the original ones."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.layers: list[_Layer] = []
        self._maps: list[tuple[list[int], list[int]]] = []

    def undo(self, layer: _Layer) -> None:
        """Read one thing more."""
        text = self.text
        if layer.sign not in text if layer.sign else text.isascii():
            return
        out: list[str] = []
        here, there, at, length = [0], [0], 0, 0  # pieces: as they were, replaced, as they were ...
        for found in layer.pattern.finditer(text):
            letters = layer.letters(found)
            if letters is None:
                continue
            start, end = found.span()
            length += start - at
            here += (length, length + len(letters))
            there += (start, end)
            out += (text[at:start], letters)
            length += len(letters)
            at = end
        if at:
            self.text = "".join([*out, text[at:]])
            self.layers.append(layer)
            self._maps.append((here, there))

    def back(self, span: Span) -> list[Span]:
        """The spans of the original that hold the letters of a span of the reading."""
        spans = [span]
        for here, there in reversed(self._maps):
            spans = [found for one in spans for found in _through(one, here, there)]
        return spans


def _through(span: Span, here: list[int], there: list[int]) -> Iterator[Span]:
    start, end = span
    piece = bisect_right(here, start) - 1
    while piece < len(here) and here[piece] < end:
        is_last = piece + 1 == len(here)
        stop = end if is_last else min(end, here[piece + 1])
        first = max(start, here[piece])
        if first < stop:
            if piece % 2:
                yield there[piece], there[piece + 1]
            else:
                yield there[piece] + first - here[piece], there[piece] + stop - here[piece]
        piece += 1


class Secrets:
    """Every BCC address there ever was, to be found and hidden.

    With `domains` (the spellings of the logging domain), the local part of any other address there is hidden, too.
    """

    def __init__(self, domains: tuple[str, ...], addresses: Iterable[str]) -> None:
        names = "|".join(map(re.escape, domains))
        self._at_domain = re.compile(rf"@(?=(?:{names})(?P<more>[\w.-]*\w)?)", re.I) if domains else None
        self._fronts: dict[str, set[str]] = {}
        for address in addresses:
            local = address.rpartition("@")[0] or address
            front, dash, secret = local.lower().rpartition("-")
            if len(secret) >= SHORTEST:
                self._fronts.setdefault(secret, set()).add(front + dash)
        self._width = min(map(len, self._fronts), default=SHORTEST)
        self._begins: dict[str, list[str]] = {}
        for secret in sorted(self._fronts, key=len, reverse=True):
            self._begins.setdefault(secret[: self._width], []).append(secret)
        self._run = re.compile(rf"[0-9A-Za-z]{{{self._width},}}") if self._fronts else None

    def hide(self, text: str, *, known_only: bool = False) -> str:
        """The text with every secret in it masked; `known_only`: not what merely is an address at the domain."""
        if self._run:
            text = _in_each(text, _READINGS, self._whole_known)
            text = _in_each(text, ((),), self._known)
        if self._at_domain and not known_only:
            text = _in_each(text, _LETTERS, self._local_parts)
        return text

    def tells(self, text: str) -> bool:
        """Whether a known secret is in a text in any spelling."""
        return self.hide(text, known_only=True) != text

    def tells_plainly(self, text: str) -> bool:
        """Whether a known secret is in a text as it is, but for letter case."""
        return next(self._known(text), None) is not None

    def hide_octets(self, content: bytes, encoding: str | None = None) -> bytes:
        """The octets of a text with every secret in it masked, and not an octet changed besides.

        `encoding`: a codec of the UTF-16 and UTF-32 families where it is known to be one; others write ASCII as ASCII.
        """
        codec = _wide(content, encoding)
        if codec:
            width = 4 if "32" in codec else 2
            whole = len(content) - len(content) % width
            try:
                text = content[:whole].decode(codec, "surrogatepass")
                return self.hide(text).encode(codec, "surrogatepass") + content[whole:]
            except UnicodeError:
                pass
        return self.hide(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def is_in(self, content: bytes) -> bool:
        """Whether octets that are no text (an attachment) hold a secret as it is, in ASCII or UTF-16."""
        texts = [content, content.replace(b"\0", b"")] if b"\0" in content else [content]
        return any(next(self._known(text.decode("latin-1")), None) is not None for text in texts)

    def _whole_known(self, text: str) -> Iterator[Span]:
        """The same without those whose first letter may belong to an escape that this reading did not undo."""
        return (span for span in self._known(text) if not _ESCAPE.match(text, max(0, span[0] - 2), span[0] + 1))

    def _known(self, text: str) -> Iterator[Span]:
        """Where known secrets are in a reading, in order, each with the rest of its local part."""
        for run in self._run.finditer(text) if self._run else ():
            letters = run[0].lower()
            place, last = 0, len(letters) - self._width
            while place <= last:
                for secret in self._begins.get(letters[place : place + self._width], ()):
                    if letters.startswith(secret, place):
                        start = run.start() + place
                        place += len(secret)
                        yield self._with_its_address(text, start, run.start() + place, secret)
                        break
                else:
                    place += 1

    def _with_its_address(self, text: str, start: int, end: int, secret: str) -> Span:
        """The whole local part, where the rest of it stands around the secret part."""
        fronts = [front for front in self._fronts[secret] if text[max(0, start - len(front)) : start].lower() == front]
        tag = _CASE_TAG.match(text, end)
        return start - max(map(len, fronts), default=0), tag.end() if tag else end

    def _local_parts(self, text: str) -> Iterator[Span]:
        """Where the local parts of addresses at the logging domain are in a reading."""
        done = 0
        for found in self._at_domain.finditer(text) if self._at_domain else ():
            # Looking back from each "@" keeps this linear, whatever the text is.
            local = _LOCAL_PART.search(text, max(done, found.start() - _LONGEST_LOCAL), found.start())
            done = found.end()
            # `log.firm.example.org` is another domain, unless the local part looks like that of a BCC address.
            if local and not local[0].endswith(MASK) and (not found["more"] or _MADE_BY_US.search(local[0])):
                yield local.span()


def _in_each(text: str, readings: Iterable[tuple[_Layer, ...]], find: Callable[[str], Iterable[Span]]) -> str:
    """The text without what is found in any of its readings."""
    done: set[tuple[int, ...]] = set()
    for layers in readings:
        reading = _Reading(text)
        for layer in layers:
            reading.undo(layer)
        kind = tuple(map(id, reading.layers))
        if kind not in done:
            done.add(kind)
            text = _without(text, map(reading.back, find(reading.text)))
    return text


def _without(text: str, found: Iterable[list[Span]]) -> str:
    """The text with the first span of each that is found as a mask, and without its other spans."""
    pieces: list[str] = []
    done = 0
    for spans in found:
        mask = MASK
        for start, end in spans:
            if end > done:
                pieces += (text[done : max(done, start)], mask)
                done, mask = end, ""
    return "".join([*pieces, text[done:]]) if pieces else text


def _wide(content: bytes, encoding: str | None) -> str | None:
    """The codec of a text whose letters have several octets each, or None."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32-le" if content[0] else "utf-32-be"
    if content[:2] in _UTF_16:
        return _UTF_16[content[:2]]
    head = content[:2000]
    if encoding and "32" in encoding:
        return "utf-32-be" if encoding.endswith("be") or not head[:1].strip(b"\0") else "utf-32-le"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 4 and min(even, odd) < len(head) // 16:
        return "utf-16-be" if even > odd else "utf-16-le"
    if encoding and "16" in encoding and b"\0" in head:
        return "utf-16-be" if encoding.endswith("be") else "utf-16-le"
    return None
