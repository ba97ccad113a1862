"""The From_ line, the separator of an mbox, as mail programs really write it.

RFC 4155 appendix A asks for `From `, an address, and a date as asctime writes it. Found in archives: no address,
several words for an address, a zone before or after the year, dates of RFC 5322 and ISO 8601, `remote from`, and no
date at all (`From -` of Netscape, `From 1234@xxx` of Gmail). A sentence of a body that begins with "From " must not
pass.
"""

from __future__ import annotations

import re

LONGEST = 1_000
"""Bytes of the longest line that is taken for a From_ line; RFC 5322 section 2.1.1 allows 998."""

_MONTH = rb"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_WEEKDAY = rb"(?:(?i:mon|tue|wed|thu|fri|sat|sun),?[ \t]+)?"
_CLOCK = rb"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"
_ZONE = rb"(?:[+-]\d\d:?\d\d|\(?[A-Z]{1,5}\)?(?:[ \t]DST)?)"
_ASCTIME = (
    _WEEKDAY + _MONTH + rb"[ \t]+\d{1,2},?[ \t]+" + _CLOCK + rb"(?:[ \t]+" + _ZONE + rb"){0,2}[ \t]+(?:\d\d){1,2}"
)
_RFC_5322 = _WEEKDAY + rb"\d{1,2}[ -]" + _MONTH + rb"[ -]\d{2,4}[ \t]+" + _CLOCK
_ISO_8601 = rb"\d{4}-\d\d-\d\d[T ]" + _CLOCK + rb"(?:Z|[+-]\d\d:?\d\d)?"
_DATED = re.compile(
    rb"From (?:.*[ \t])?(?:" + _ASCTIME + rb"|" + _RFC_5322 + rb"|" + _ISO_8601 + rb")"
    rb"(?:[ \t]+" + _ZONE + rb"){0,2}(?:[ \t]+remote from .*)?[ \t]*\r?\Z"
)
_UNDATED = re.compile(rb"From (?:-|\d+@xxx)[ \t]*\r?\Z")
_BARE = re.compile(rb"From [^\s:]+[ \t]*\r?\Z")
_HEADER = re.compile(rb">?From |[A-Za-z][A-Za-z0-9_-]*[ \t]*:(?!//)")
"""What follows a From_ line: a header line, or a further From_ line that some tool quoted."""


def shape(text: bytes) -> str | None:
    """What the first line of `text` is: "dated", "undated" (`From -`, `From 1234@xxx`), "bare" (`From word`) or None.

    Only a dated line is a From_ line by itself; the others need a header line below (`is_followed_by_header`).
    """
    if not text.startswith(b"From "):
        return None
    end = text.find(b"\n", 0, LONGEST)
    line = text[:end] if end >= 0 else text
    if len(line) >= LONGEST:
        return None
    if _DATED.match(line):
        return "dated"
    if _UNDATED.match(line):
        return "undated"
    return "bare" if _BARE.match(line) else None


def is_followed_by_header(text: bytes) -> bool:
    """Whether the second line of `text` is a header line."""
    end = text.find(b"\n")
    return end >= 0 and bool(_HEADER.match(text, end + 1))


def begins_mbox(text: bytes) -> bool:
    """Whether a file that begins with `text` is an mbox: a From_ line, above a header line if it has no date."""
    what = shape(text)
    return what == "dated" or (what is not None and is_followed_by_header(text))


def separates(text: bytes, *, after_blank: bool, bare: bool) -> bool:
    """Whether `text`, at the start of a line inside an mbox, begins a new message.

    A dated line does after a blank line, as RFC 4155 has it; without one (not every program writes it, and programs
    die) only above a header line, as an undated line everywhere. A bare `From word` counts only in an mbox whose own
    first line is one (`bare`), after a blank line and above a header line.
    """
    what = shape(text)
    if what is None:
        return False
    if what == "dated" and after_blank:
        return True
    if what == "bare" and not (bare and after_blank):
        return False
    return is_followed_by_header(text)
