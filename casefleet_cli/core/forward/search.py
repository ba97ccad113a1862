"""The search for forwarded messages in one text: which header comes first, is it forwarded or answered?"""

from __future__ import annotations

import re

from casefleet_cli.core.forward import (
    blocks,
    doubts,
    foreign,
    headers,
    marks,
    people,
    quotes,
    subjects,
)
from casefleet_cli.core.forward.labels import CC, DATE, FROM, OTHER, SUBJECT, TO
from casefleet_cli.core.forward.marks import FORWARDED, RULE
from casefleet_cli.core.forward.subjects import FORWARD, PLAIN, REPLY
from casefleet_cli.core.mail.forwarded import is_from_a_system
from casefleet_cli.core.model import Forward
from casefleet_cli.core.moments import written
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.forward.blocks import Block
    from casefleet_cli.core.forward.doubts import Mail
    from casefleet_cli.core.forward.headers import Header
    from casefleet_cli.core.forward.marks import Mark
    from casefleet_cli.core.forward.subjects import Told

_CLUE = re.compile(r"[\d@]")
_LONGEST_CHAIN = 50
_MOST_ABOVE = 100
_STOP = object()
"""From here on the text is what an answer quotes."""


def chain(told: Told, text: str, mail: Mail) -> tuple[Forward, ...]:
    """Every forwarded message of a text, the outermost first, given what the subject tells.

    `mail`: whose text it is; each message of the chain was forwarded by the sender of the one before.
    """
    return _Search(told, text, mail).chain()


class _Search:
    """One text while it is searched, from its beginning on."""

    def __init__(self, told: Told, text: str, mail: Mail) -> None:
        self.told = told
        self.mail = mail
        self.page = blocks.Page(text)
        self.texts = self.page.texts
        self.start = 0
        """Where the comment above the next forward begins."""
        self.is_nested = False
        self.position = 0

    def chain(self) -> tuple[Forward, ...]:
        """Every forward of the chain."""
        if self.told.kind != FORWARD and (
            is_from_a_system(self.mail.writers) or doubts.is_bounce_talk(self.told.rest or "")
        ):
            return ()
        found: list[Forward] = []
        while len(found) < _LONGEST_CHAIN:
            forward = self.next()
            if forward is None:
                break
            found.append(forward._replace(by=found[-1].sender) if found else forward)
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
        if text[0] not in marks.FRAMES and (
            len(text) > 160 or not (text.rstrip("* ")[-1:] in (":", "：") or self.is_above_label(index))
        ):
            return None
        mark = marks.read(text)
        if mark is None and marks.is_open(text) and index + 1 < len(self.texts):  # Notes wraps its own
            mark = marks.read(f"{text} {self.texts[index + 1]}")
            return mark._replace(lines=2) if mark and mark.kind == FORWARDED and not mark.rest else None
        return mark

    def is_above_label(self, index: int) -> bool:
        return self.page.skip_blank(index + 1, 2) in self.page.hits

    def marked(self, index: int, mark: Mark) -> Forward | object | None:
        """Judge a line that speaks of a forwarded or of an original message."""
        is_forward = mark.kind == FORWARDED
        is_sure = mark.is_sure
        if self.told.kind == REPLY and not (is_forward and is_sure and not self.page.lines[index].depth):
            return _STOP if headers.following(self.page, index, mark, self.told.rest) else None
        if self.told.kind == PLAIN and not is_sure:
            return None  # words of the letter, for all we know; the header below is judged by itself
        following = headers.following(self.page, index, mark, self.told.rest)
        if following is None:
            if is_forward and is_sure and not self.is_nested and self.told.kind != PLAIN:
                return self.made(index, {}, " ")
            return None
        values, languages, end, raw_headers, _ = following
        is_announced = is_forward and self.told.kind == FORWARD
        if not self.is_nested and not is_announced and self.mail.is_own(values):
            self.position = max(end, self.position)
            return None
        if not is_forward and self.is_nested and self.told.kind != FORWARD:
            return _STOP
        if not is_forward and (self.is_refused(values, languages) or self.is_bounce(index, raw_headers)):
            return _STOP
        if self.told.kind == PLAIN and not values.get(FROM):
            return None
        if self.told.kind == PLAIN and not is_forward and self.is_padding(index, values):
            return _STOP
        self.position = max(end, self.position)
        return self.made(index, values, languages)

    def bare(self, index: int) -> Forward | object | None:
        """Judge a header block without a line above it that says what it is."""
        header = headers.one_line(self.page, index, self.told.rest)
        if header is None:
            block = self.page.block(index, subject=self.told.rest)
            if self.told.kind == FORWARD and not self.is_nested:
                other = headers.fuller(self.page, index, block, self.told.rest)
                block = other if other and other.values.get(SUBJECT) == self.told.rest else block
            if block is None or not _is_header(block.values, self.told):
                self.position = max(self.position, self.inside(index, block))
                return None
            header = headers.of_block(block, block.end)
        if self.mail.is_own(header.values):
            self.position = header.end
            return None
        if self.is_refused(header.values, header.languages) or self.is_bounce(index, header.raw_headers):
            return _STOP
        if self.told.kind != FORWARD and not self.is_nested and self.is_letter(index, header):
            return _STOP
        if self.told.kind == PLAIN and (not self.is_set_apart(index) or self.is_padding(index, header.values)):
            return _STOP
        if self.is_nested and self.told.kind != FORWARD:
            return _STOP
        self.position = header.end
        return self.made(self.top(index), header.values, header.languages)

    def top(self, index: int) -> int:
        """Where a header begins whose first field that matters is at a line: fields of other kinds may stand above."""
        top = index
        for at in range(index - 1, max(self.start, index - _MOST_ABOVE) - 1, -1):
            if at in self.page.hits and self.page.hits[at][0] == OTHER:
                top = at
            elif not self.texts[at] or not self.page.lines[at].is_indented:
                break
        return top

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
        above = next((text for text in reversed(self.texts[self.start : self.top(index)]) if text), "")
        return not above or marks.is_separator(above)

    def is_letter(self, index: int, header: Header) -> bool:
        """Whether a header is one that the letter itself begins with, such as a memo's."""
        above = self.texts[index - 1] if index else ""
        strange = header.strange + (bool(above) and index - 1 not in self.page.hits and blocks.is_labelled(above))
        below = self.page.skip_blank(header.end)
        if below >= len(self.texts) or marks.is_rule(self.texts[below]) or self.page.hits.get(below, ("",))[0] == FROM:
            return True  # an entry of a list: nothing is written below
        return self.mail.is_letter(header.values, header.languages, strange)

    def is_padding(self, index: int, values: dict[str, str]) -> bool:
        return not self.is_nested and self.mail.is_padding(self.texts[self.start : index], values)

    def is_bounce(self, index: int, raw_headers: int) -> bool:
        """Whether a mail system gives a message back here."""
        if self.told.kind == FORWARD or self.is_nested:
            return False
        return raw_headers > 1 or doubts.is_bounce_talk(" ".join(self.texts[self.start : index])[:4000])

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
        if not attribution.is_banner and (is_quoting or "@" not in attribution.sender):
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
