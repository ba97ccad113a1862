"""The From_ line, the separator of an mbox, as mail programs really write it.

RFC 4155 appendix A asks for `From `, an address, and a date as asctime writes it. Found in archives: no address,
several words for an address, a zone before or after the year, dates of RFC 5322, ISO 8601 and JavaScript, dates in
numbers, `remote from`, and no date at all (`From -` of Netscape, `From 1234@xxx` of Gmail, nothing). So what stands
around the line decides: after a blank line and above two header fields every `From ` begins a mail; a sentence of a
body that begins with "From " does not.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

LONGEST = 1_000
"""Bytes of the longest line that is taken for a From_ line; RFC 5322 section 2.1.1 allows 998."""

_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = rb"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_WEEKDAY = rb"(?:(?i:mon|tue|wed|thu|fri|sat|sun),?[ \t]+)?"
_CLOCK = rb"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?"
_ZONE = rb"(?:(?:GMT|UTC|UT)?[+-]\d\d:?\d\d|[A-Z]{1,5}(?:[ \t]DST)?|\([^()]{1,60}\))"
_ASCTIME = (
    _WEEKDAY + _MONTH + rb"[ \t]+\d{1,2},?[ \t]+" + _CLOCK + rb"(?:[ \t]+" + _ZONE + rb"){0,2}[ \t]+(?:\d\d){1,2}"
)
_JAVASCRIPT = _WEEKDAY + _MONTH + rb"[ \t]+\d{1,2},?[ \t]+\d{4},?[ \t]+" + _CLOCK
_RFC_5322 = _WEEKDAY + rb"\d{1,2}[ -]" + _MONTH + rb"[ -]\d{2,4}[ \t]+" + _CLOCK
_ISO_8601 = rb"\d{4}-\d\d-\d\d(?:[T ]|,[ ])" + _CLOCK + rb"(?:Z|[+-]\d\d:?\d\d)?"
_NUMBERS = rb"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?[ \t]+" + _CLOCK + rb"(?:[ \t]?[AaPp]\.?[Mm]\.?)?"
_DATED = re.compile(
    rb"From (?:.*[ \t])?(?P<date>(?:" + rb"|".join((_ASCTIME, _JAVASCRIPT, _RFC_5322, _ISO_8601, _NUMBERS)) + rb")"
    rb"(?:[ \t]+" + _ZONE + rb"){0,3})(?:[ \t]+remote from .*)?\Z"
)
_UNDATED = re.compile(rb"From (?:-|\d+@xxx)\Z")
_BARE = re.compile(rb"From [^\s:]+\Z")
_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9_-]*[ \t]*:(?!//)")
_OLD_FIELD = re.compile(rb"From[ \t]+:")
"""A From field with blanks before its colon (RFC 5322 section 4.5) is no From_ line."""
KNOWN_FIELD = (
    rb"(?:apparently-to|arc-[a-z-]+|authentication-results|auto-submitted|b?cc|comments|content-[a-z-]+|date|delivered-to"
    rb"|delivery-date|dkim-signature|domainkey-signature|envelope-to|errors-to|from|in-reply-to|importance|list-[a-z-]+"
    rb"|message-id|mime-version|newsgroups|organi[sz]ation|original-[a-z-]+|path|precedence|priority|received"
    rb"(?:-spf)?|references|reply-to|resent-[a-z-]+|return-path|return-receipt-to|sender|status|subject|thread-[a-z]+|to"
    rb"|user-agent|x-[!-9;-~]+)[ \t]*:"
)
"""The fields that mail knows, to be matched without regard to case."""
_KNOWN = re.compile(KNOWN_FIELD, re.IGNORECASE)
_MOST_ABOVE = 3
"""How many further From_ lines, quoted by some tool, may stand between a From_ line and the header."""


class _Below(NamedTuple):
    """What stands below a From_ line."""

    fields: int
    """Header fields, 2 at most."""
    is_known: bool
    """One of them is known to mail."""
    is_blank: bool
    """The next line is blank, or there is none."""


def _below(text: bytes, *, is_cut: bool) -> _Below:
    at = text.find(b"\n") + 1 or len(text)
    for _ in range(_MOST_ABOVE):
        if text.startswith((b"From ", b">From "), at) and not _OLD_FIELD.match(text, at):
            at = text.find(b"\n", at) + 1 or len(text)
    is_blank = at >= len(text) or text.startswith((b"\n", b"\r\n"), at)
    fields, is_known = 0, False
    while fields < 2 and _FIELD.match(text, at):
        fields += 1
        is_known = is_known or _KNOWN.match(text, at) is not None
        while (at := text.find(b"\n", at) + 1 or len(text)) < len(text) and text[at] in b" \t":
            pass  # a folded line
    if fields == 1 and at >= len(text) and is_cut:
        fields = 2  # a single field that is longer than what is seen: no prose
    return _Below(fields, is_known, is_blank)


def line_of(text: bytes) -> bytes:
    """The first line of `text` without its end."""
    end = text.find(b"\n", 0, LONGEST + 2)
    return (text[:end] if end >= 0 else text[: LONGEST + 2]).rstrip(b" \t\r")


def shape(text: bytes) -> str | None:
    """What the first line of `text` is: "dated", "undated" (`From -`, `From 1234@xxx`), "bare" (`From word`), "other"
    (any that begins with `From `), or None.
    """
    if not text.startswith(b"From ") or _OLD_FIELD.match(text):
        return None
    line = line_of(text)
    if len(line) >= LONGEST:
        return None
    if _DATED.match(line):
        return "dated"
    if _UNDATED.match(line):
        return "undated"
    return "bare" if _BARE.match(line) else "other"


def begins_mbox(text: bytes) -> bool:
    """Whether a file that begins with `text` is an mbox: a From_ line, above a header field if it has no date."""
    what = shape(text)
    if what is None or what == "dated":
        return what is not None
    below = _below(text, is_cut=False)
    return below.fields > 0 and (below.is_known or what != "other")


SEPARATES, DOUBTFUL, HEADLESS, NO = "separates", "doubtful", "headless", "no"


def verdict(text: bytes, *, after_blank: bool, bare: bool = False, is_cut: bool = False) -> str:
    """Whether `text`, at the start of a line inside an mbox, begins a new message.

    SEPARATES: it does. HEADLESS: it does, by the date in its line, though no header follows. DOUBTFUL: it does not, but
    what stands around it is not what prose looks like. NO: it does not.

    After a blank line it does above two header fields, as a dated line does alone (RFC 4155) and an undated one above
    one field. Without a blank line (not every program writes it, and programs die) a dated or undated line does above a
    field. A `From word` above one field counts only in an mbox whose own first line is one (`bare`). `is_cut`: there is
    more than `text`.
    """
    what = shape(text)
    if what is None:
        return NO
    below = _below(text, is_cut=is_cut)
    if below.fields and (what in ("dated", "undated") or (what == "bare" and bare and after_blank)):
        return SEPARATES
    if after_blank and below.fields == 2 and below.is_known:
        return SEPARATES
    if after_blank and what == "dated":
        return SEPARATES if below.is_blank else HEADLESS
    is_odd = below.fields == 2 and (below.is_known or after_blank)
    return DOUBTFUL if is_odd or (after_blank and below.fields and below.is_known) else NO


def moment_of(line: bytes) -> str:
    """When the mail came, as its From_ line says: `YYYY-MM-DDTHH:MM:SSZ`, "" where it says nothing that can be read.

    A line without a zone is taken for UTC (RFC 4155).
    """
    words = line.split()
    if len(words) > 5 and (usual := _asctime(words[-4:])):
        return usual
    found = _DATED.match(line)
    if found is None:
        return ""
    from casefleet_cli.core.moments import field  # noqa: PLC0415 - few lines need it

    moment = field.parse(found["date"].decode("ascii", "replace"))
    return _stamp(moment.astimezone(UTC)) if moment else ""


def _asctime(words: list[bytes]) -> str:
    """The moment of a date without a zone, as nearly every From_ line has it; "" for others."""
    month, day, clock, year = words
    time = clock.split(b":")
    digits = b"".join((day, year, *time))
    if month.lower() not in _MONTHS or not digits.isdigit() or len(year) != 4 or len(time) != 3:
        return ""
    hour, minute, second = map(int, time)
    try:
        return _stamp(
            datetime(int(year), _MONTHS.index(month.lower()) + 1, int(day), hour, minute, min(second, 59), tzinfo=UTC)
        )
    except ValueError:
        return ""


def _stamp(moment: datetime) -> str:
    return f"{moment.isoformat()[:19]}Z"
