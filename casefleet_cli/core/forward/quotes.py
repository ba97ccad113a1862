"""Attribution lines: "On 3 May 2021, Jane Doe <jane@example.com> wrote:" and its like in other languages."""

from __future__ import annotations

import re

from casefleet_cli.core.forward import words
from casefleet_cli.core.forward.labels import fold
from casefleet_cli.light import NamedTuple

_ADDRESS = re.compile(
    r"""[<(\[]{0,2}(?:mailto:)?(?<![^\s<>()\[\],;:"'«»@])([^\s<>()\[\],;:"'«»@]+@[^\s<>()\[\],;:"'«»]+)[>)\]]{0,2}"""
)
"""It begins where a word does, or a long word would be read again from each of its letters."""
_CLOCK = re.compile(
    r"\d{1,2}\s?[:.hH時时]\s?\d{2}(?:[:.]\d{2})?(?:\s?(?:[AaPp]\.?\s?[Mm]\.?|Uhr|ч\.))?(?:\s?(?:GMT|UTC)?\s?[+-]\d{1,2}:?\d{0,2}|\s(?:GMT|UTC|[A-Z]{3,4})(?![\w-]))?"
)
_DATE = re.compile(r"\d{1,4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{2,4}\.?,?")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DIGIT = re.compile(r"\d")
_LONGEST = 400
_BANNER = " >>>"
_WRAPPED = 3
_LONGEST_DAY = 30
_NAME_EDGE = " \t,;:.·-–—\"'“”„«»*()[]<>"


class Attribution(NamedTuple):
    """What an attribution line says."""

    end: int
    """The line after it."""
    sender: str
    date: str
    is_banner: bool = False
    """As GroupWise writes it: ">>> Ada Byron 3/1/2024 3:14 PM >>>"."""


_lists: dict[str, frozenset[str]] = {}


def _words(name: str) -> frozenset[str]:
    """A list of `forward_words`, folded once."""
    if name not in _lists:
        _lists[name] = frozenset(fold(getattr(words, name)).split("|"))
    return _lists[name]


def _wrote(text: str) -> bool:
    """Whether a line says that somebody wrote."""
    folded = fold(text)
    return any(verb in folded for verb in _words("WROTE"))


def read(lines: list[str], index: int, *, needs_verb: bool = True) -> Attribution | None:
    """The attribution that begins at a line and ends, at most three lines on, with a colon; None for other lines."""
    first = lines[index]
    if not first or len(first) > _LONGEST or not _DIGIT.search(" ".join(lines[index : index + 2])[:800]):
        return None
    if first.endswith(_BANNER):
        banner = first.rstrip("> ")
        if not (_CLOCK.search(banner) and _DATE.search(banner)):
            return None
        return Attribution(index + 1, *_split(banner, _ADDRESS.search(banner)), is_banner=True)
    text = ""
    for end in range(index, min(len(lines), index + _WRAPPED)):
        if not lines[end] or len(text) > _LONGEST or len(lines[end]) > _LONGEST:
            return None
        text = f"{text} {lines[end]}".strip()
        if text[-1] in ":：" or (end == index and "wrote:" in text):
            break
    else:
        return None
    clock, day = _CLOCK.search(text), _DATE.search(text) or _YEAR.search(text)
    address = _ADDRESS.search(text)
    if not (clock or (day and address)) or (needs_verb and not _wrote(text)) or not (address or needs_verb):
        return None
    sender, date = _split(text, address)
    return Attribution(end + 1, sender, date)


def _split(text: str, address: re.Match[str] | None) -> tuple[str, str]:
    """The sender and the date as they are written."""
    cut = address.start() if address else len(text)
    before, after = text[:cut], text[address.end() if address else cut :]
    date = _date_in(before)
    if date:
        opening = before[: date[0]].split()
        is_led_in = bool(opening) and fold(opening[0]) in _words("LEAD_INS")  # "On Wed, 27/10/2021"
        name = _stripped(before[date[1] :] if is_led_in else f"{before[: date[0]]} {before[date[1] :]}")
        written = before[date[0] : date[1]]
    else:
        date = _date_in(after)
        name = _stripped(before)
        written = after[date[0] : date[1]] if date else ""
    spec = address[1] if address else ""
    return (f"{name} <{spec}>" if spec else name), written.strip(" ,;:")


def _date_in(text: str) -> tuple[int, int] | None:
    """Where the date stands, with its time: from the first word that can belong to it."""
    clock = None
    for clock in _CLOCK.finditer(text):
        if not _DATE.match(text, clock.start()):
            break
    day = _DATE.search(text)
    if not clock and not day:
        return None
    end = max(found.end() for found in (clock, day) if found)
    if clock and not day and not _YEAR.search(text[: clock.start()]):  # "15:14, 1 March 2024"
        year = _YEAR.search(text, clock.end(), clock.end() + _LONGEST_DAY)
        end = year.end() if year else end
    if day:
        return min(day.start(), clock.start() if clock else day.start()), end
    start = 0
    words = text[:end].split(" ")
    for count in (2, 1):
        if fold(" ".join(words[:count])).rstrip(",") in _words("LEAD_INS"):
            start = len(" ".join(words[:count]))
            break
    return start, end


def _stripped(name: str) -> str:
    """A name without the words around it."""
    words = name.split()
    while words and (fold(words[0].strip(",")) in _words("FILLERS") or fold(words[0].strip(",")) in _words("LEAD_INS")):
        words.pop(0)
    while words and (_wrote(words[-1]) or fold(words[-1].strip(",")) in _words("FILLERS")):
        words.pop()
    while words and _wrote(words[0]):
        words.pop(0)
    if len(words) > 1 and fold(words[0]) == "giorno":
        words.pop(0)
    return " ".join(words).strip(_NAME_EDGE)
