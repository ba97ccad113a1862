"""The search for forwarded messages in one text: which header comes first, is it forwarded or answered?"""

from __future__ import annotations

import re

from casefleet_cli.core.forward import blocks, foreign, marks, people, quotes, subjects
from casefleet_cli.core.forward.labels import CC, DATE, FROM, OTHER, SUBJECT, TO, fold
from casefleet_cli.core.forward.marks import FORWARDED, RULE
from casefleet_cli.core.forward.subjects import FORWARD, PLAIN, REPLY
from casefleet_cli.core.forward.words import BOUNCES
from casefleet_cli.core.model import Forward
from casefleet_cli.core.moments import written
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.forward.blocks import Block
    from casefleet_cli.core.forward.marks import Mark
    from casefleet_cli.core.forward.subjects import Told

_ALONE = re.compile(r"\W{0,4}(?:begin )?forwarded message\W{0,4}$", re.I)
_CLUE = re.compile(r"[\d@]")
_LONGEST_CHAIN = 50
_LONGEST_JOINED, _MOST_WRAPPED = 2000, 11
"""Letters of a header on one line that was wrapped, and the lines that it goes on for."""
_WANTED = (FROM, DATE, SUBJECT)
_STOP = object()
"""From here on the text is what an answer quotes."""


class _Header(NamedTuple):
    """What stands above a message, in whatever form it was written."""

    values: dict[str, str]
    languages: str
    end: int
    raw_headers: int


def chain(told: Told, text: str) -> tuple[Forward, ...]:
    """Every forwarded message of a text, the outermost first, given what the subject tells."""
    return _Search(told, text).chain()


class _Search:
    """One text while it is searched, from its beginning on."""

    def __init__(self, told: Told, text: str) -> None:
        self.told = told
        self.page = blocks.Page(text)
        self.texts = [line.text for line in self.page.lines]
        self.start = 0
        """Where the comment above the next forward begins."""
        self.is_nested = False
        self.position = 0

    def chain(self) -> tuple[Forward, ...]:
        """Every forward of the chain."""
        if self.told.kind != FORWARD and self.told.rest and _is_bounce_talk(self.told.rest):
            return ()
        found: list[Forward] = []
        while len(found) < _LONGEST_CHAIN:
            forward = self.next()
            if forward is None:
                break
            found.append(forward)
            self.start, self.is_nested = self.position, True
            self.told = subjects.read(forward.subject)
        return tuple(found)

    def next(self) -> Forward | None:
        """The first forward at or after the position, which moves behind its header."""
        lines = self.page.lines
        while self.position < len(lines):
            index = self.position
            self.position += 1
            if not lines[index].text:
                continue
            mark = self.mark(index)
            if mark and mark.kind != RULE:
                found = self.marked(index, mark)
            elif index in self.page.hits and self.page.hits[index][0] != OTHER:
                found = self.bare(index)
            else:
                found = self.quoted(index)
            if isinstance(found, Forward):
                return found
            if found is _STOP:
                return None
        return None

    def mark(self, index: int) -> Mark | None:
        """What a line separates; lines that cannot are told by a glance."""
        text = self.texts[index]
        if text[0] in marks.FRAMES or (
            len(text) <= 160 and (text.rstrip("* ")[-1:] in (":", "：") or self.is_above_label(index))
        ):
            return marks.read(text)
        return None

    def is_above_label(self, index: int) -> bool:
        return self.page.skip_blank(index + 1, 2) in self.page.hits

    def marked(self, index: int, mark: Mark) -> Forward | object | None:
        """Judge a line that speaks of a forwarded or of an original message."""
        is_forward = mark.kind == FORWARDED
        is_sure = mark.is_framed or bool(_ALONE.match(self.texts[index]))
        if self.told.kind == REPLY and not (is_forward and is_sure and not self.page.lines[index].depth):
            return _STOP if self.follows(index, mark) else None
        if self.told.kind == PLAIN and not is_sure:
            return None  # words of the letter, for all we know; the header below is judged by itself
        following = self.follows(index, mark)
        if following is None:
            if is_forward and is_sure and not self.is_nested and self.told.kind != PLAIN:
                return self.made(index, {}, " ")
            return None
        values, languages, end, raw_headers = following
        if not is_forward and self.is_nested and self.told.kind != FORWARD:
            return _STOP
        if not is_forward and (self.is_refused(values, languages) or self.is_bounce(index, raw_headers)):
            return _STOP
        self.position = max(end, self.position)
        return self.made(index, values, languages)

    def follows(self, index: int, mark: Mark) -> _Header | None:
        """The header below a separating line, in whatever form."""
        if mark.rest:
            return self.wrapped(index + 1, mark.rest)
        at = self.page.skip_blank(index + 1, 3)
        if at < len(self.texts) and marks.is_rule(self.texts[at]):
            at = self.page.skip_blank(at + 1, 3)
        if at >= len(self.texts):
            return None
        line = self.one_line(at)
        if line:
            return line
        block = self.page.block(at, adopt=True, subject=self.told.rest)
        if mark.is_framed or mark.kind == FORWARDED:
            block = self.fuller(at, block)
        if block and (len(block.values) > 1 or "@" in block.values.get(FROM, "")):
            return _header(block, block.end)
        attribution = quotes.read(self.texts, at, needs_verb=False)
        if attribution:
            return _Header({FROM: attribution.sender, DATE: attribution.date}, " ", attribution.end, 0)
        return None

    def wrapped(self, end: int, text: str) -> _Header | None:
        """A header on the line of the mark, and on the lines below where it was wrapped: the fewest that are enough."""
        joined = [text]
        length = len(text)
        for line in self.texts[end : end + _MOST_WRAPPED]:
            length += len(line) + 1
            if not line or length > _LONGEST_JOINED:
                break
            joined.append(f"{joined[-1]} {line}")
        if len(joined) > 1 and not blocks.one_line(joined[-1], self.told.rest):
            return None
        for count, part in enumerate(joined):
            block = blocks.one_line(part, self.told.rest)
            if block:
                return _header(block, end + count)
        return None

    def fuller(self, at: int, block: Block | None) -> Block | None:
        """The block, or what its values tell where its labels tell too little."""
        if block and all(field in block.values for field in _WANTED):
            return block
        other = foreign.read(self.page, at, self.told.rest)
        if other is None or (block and len(other.values) <= len(block.values)):
            return block
        return other

    def one_line(self, at: int) -> _Header | None:
        """A header that lost its line breaks."""
        hit = self.page.hits.get(at)
        if not hit or hit[0] != FROM or len(self.texts[at]) < 60 or self.page.next_hit[at + 1] <= at + 2:
            return None
        block = blocks.one_line(self.texts[at], self.told.rest)
        return _header(block, at + 1) if block and TO in block.values else None

    def bare(self, index: int) -> Forward | object | None:
        """Judge a header block without a line above it that says what it is."""
        header = self.one_line(index)
        if header is None:
            block = self.page.block(index, subject=self.told.rest)
            if self.told.kind == FORWARD and not self.is_nested:
                other = self.fuller(index, block)
                block = other if other and other.values.get(SUBJECT) == self.told.rest else block
            if block is None or not _is_header(block.values, self.told):
                self.position = max(self.position, self.inside(index, block))
                return None
            header = _header(block, block.end)
        if self.is_refused(header.values, header.languages) or self.is_bounce(index, header.raw_headers):
            return _STOP
        if self.told.kind == PLAIN and not self.is_set_apart(index):
            return _STOP
        if self.is_nested and self.told.kind != FORWARD:
            return _STOP
        self.position = header.end
        return self.made(index, header.values, header.languages)

    def inside(self, index: int, block: Block | None) -> int:
        """Where to go on after labels that are no header: at a sender's line among them, else behind them."""
        if block is None:
            return index + 1
        for at in range(index + 1, block.end):
            if at in self.page.hits and self.page.hits[at][0] == FROM:
                return at
        return block.end

    def is_refused(self, values: dict[str, str], languages: str) -> bool:
        """Whether the subject says that this header belongs to what an answer quotes."""
        if self.told.is_ambiguous and (" fi " in languages or " et " in languages):
            return True
        return self.told.kind == REPLY or len(values) < 2

    def is_set_apart(self, index: int) -> bool:
        """Whether a header begins the text or stands below a drawn line."""
        above = next((text for text in reversed(self.texts[self.start : index]) if text), "")
        return not above or marks.is_separator(above)

    def is_bounce(self, index: int, raw_headers: int) -> bool:
        """Whether a mail system gives a message back here."""
        if self.told.kind == FORWARD or self.is_nested:
            return False
        return raw_headers > 1 or _is_bounce_talk(" ".join(self.texts[self.start : index])[:4000])

    def quoted(self, index: int) -> Forward | object | None:
        """Judge a line such as "On … wrote:": what an answer quotes, unless the subject is a forward's."""
        if self.told.kind == FORWARD and ":" in self.texts[index][:40] and not self.is_nested:
            other = foreign.read(self.page, index, self.told.rest)
            if other and other.values.get(SUBJECT) == self.told.rest:
                self.position = other.end
                return self.made(index, other.values, " ")
        if not _CLUE.search(self.texts[index][:400]):
            return None
        attribution = quotes.read(self.texts, index)
        if attribution is None:
            return None
        if self.told.kind != FORWARD or self.is_nested:
            return _STOP
        below = self.page.skip_blank(attribution.end)
        lines = self.page.lines
        is_quoting = below < len(lines) and lines[below].depth > lines[index].depth
        if is_quoting or "@" not in attribution.sender:
            self.position = attribution.end
            return None
        self.position = attribution.end
        return self.made(index, {FROM: attribution.sender, DATE: attribution.date}, " ")

    def made(self, index: int, values: dict[str, str], languages: str) -> Forward:
        """The forward whose header was found below line `index`."""
        raw = values.get(DATE, "").strip().rstrip(";").strip()
        subject = values.get(SUBJECT)
        if subject is None and self.told.kind == FORWARD and not self.is_nested:
            subject = self.told.rest
        return Forward(
            kind="inline",
            sender=people.one(values[FROM]) if values.get(FROM) else None,
            subject=subject or None,
            date=written.parse(raw, languages) if raw else None,
            date_raw=raw or None,
            to=people.many(values.get(TO, "")),
            cc=people.many(values.get(CC, "")),
            comment=self.comment(index),
        )

    def comment(self, index: int) -> str | None:
        """What was written above line `index`, without the lines that only separate."""
        lines = self.page.lines[self.start : index]
        while lines and (not lines[-1].text or marks.is_separator(lines[-1].text)):
            lines.pop()
        text = "\n".join("> " * min(line.depth, 9) + line.text for line in lines)
        return text.strip() or None


def _is_header(values: dict[str, str], told: Told) -> bool:
    """Whether labels are enough to be the header of a message."""
    if FROM not in values or not values[FROM]:
        return False
    if told.kind == FORWARD and "@" in values[FROM] and (SUBJECT in values or DATE in values):
        return True
    return len(values) >= 3


def _header(block: Block, end: int) -> _Header:
    return _Header(block.values, blocks.languages_of(block.labels), end, block.raw_headers)


_bounces: list[str] = []


def _is_bounce_talk(text: str) -> bool:
    """Whether a text speaks as mail systems do when they give a message back."""
    if not _bounces:
        _bounces.extend(fold(BOUNCES).split("|"))
    folded = fold(text)
    return any(phrase in folded for phrase in _bounces)
