"""What stands above a message, in whatever form its program wrote it."""

from __future__ import annotations

import re

from casefleet_cli.core.forward import blocks, foreign, marks, notes, oneline, quotes, unlabelled
from casefleet_cli.core.forward.labels import DATE, FROM, SUBJECT, TO
from casefleet_cli.core.forward.marks import FORWARDED
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.forward.blocks import Block, Page
    from casefleet_cli.core.forward.marks import Mark

_MBOX = re.compile(r"From \S{1,320} .{0,60}\d:\d\d")
_LONGEST_JOINED, _MOST_WRAPPED = 2000, 11
"""Letters of a header on one line that was wrapped, and the lines that it goes on for."""
_MOST_STRANGE = 5
"""Lines with labels that no header has above the first that one has."""
_WANTED = (FROM, DATE, SUBJECT)


class Header(NamedTuple):
    """What stands above a message, in whatever form it was written."""

    values: dict[str, str]
    languages: str
    end: int
    raw_headers: int
    strange: int = 0


def of_block(block: Block, end: int) -> Header:
    """The header that a block is, up to a line."""
    return Header(block.values, blocks.languages_of(block.labels), end, block.raw_headers, block.strange)


def following(page: Page, index: int, mark: Mark, subject: str | None) -> Header | None:
    """The header below a separating line, in whatever form."""
    if mark.rest:
        return _wrapped(page, index + 1, mark.rest, subject)
    at = page.skip_blank(index + mark.lines, 3)
    if at < len(page.texts) and marks.is_rule(page.texts[at]):
        at = page.skip_blank(at + 1, 3)
    if at >= len(page.texts):
        return None
    if _MBOX.match(page.texts[at]):
        at = page.skip_blank(at + 1, 1)
        if at >= len(page.texts):
            return None
    line = one_line(page, at, subject)
    if line:
        return line
    block = _below(page, at, mark, subject)
    if block and (len(block.values) > 1 or "@" in block.values.get(FROM, "")):
        return of_block(block, block.end)
    attribution = quotes.read(page.texts, at, needs_verb=False)
    if attribution:
        return Header({FROM: attribution.sender, DATE: attribution.date}, " ", attribution.end, 0)
    return None


def _below(page: Page, at: int, mark: Mark, subject: str | None) -> Block | None:
    """The block that begins below a separating line, as whichever program wrote it."""
    first = page.next_hit[at]
    if at < first <= at + _MOST_STRANGE and all(blocks.is_labelled(text) for text in page.texts[at:first]):
        at = first if page.block(at, adopt=True) is None else at
    block = _conversation(page, at) or page.block(at, adopt=True, subject=subject)
    if mark.is_framed or mark.kind == FORWARDED:
        block = fuller(page, at, block, subject)
    if mark.is_framed and not (block and DATE in block.values and FROM in block.values):
        others = [unlabelled.read(page, at)]
        if mark.kind == FORWARDED:
            others.append(notes.read(page, at))
        if block and FROM not in block.values:
            others.append(_signed(page, block))
        block = max(filter(None, (block, *others)), key=lambda found: len(found.values), default=None)
    return block


def _conversation(page: Page, at: int) -> Block | None:
    """The first message of a conversation that Gmail forwards: the subject stands above a rule of its own."""
    hit = page.hits.get(at)
    rule = page.skip_blank(at + 1, 1)
    if not hit or hit[0] != SUBJECT or rule >= len(page.texts) or not marks.is_rule(page.texts[rule]):
        return None
    return page.block(page.skip_blank(rule + 1, 3), known={SUBJECT: hit[2].strip("* ")})


def _signed(page: Page, block: Block) -> Block | None:
    """Labels whose sender and moment stand below them, as Yandex writes it."""
    at = page.skip_blank(block.end, 1)
    attribution = quotes.read(page.texts, at, needs_verb=False) if at < len(page.texts) else None
    if attribution is None:
        return None
    values = {**block.values, FROM: attribution.sender, DATE: attribution.date}
    return block._replace(values=values, end=attribution.end)


def _wrapped(page: Page, end: int, text: str, subject: str | None) -> Header | None:
    """A header on the line of the mark, and on the lines below where it was wrapped: the fewest that are enough."""
    joined = [text]
    length = len(text)
    for line in page.texts[end : end + _MOST_WRAPPED]:
        length += len(line) + 1
        if not line or length > _LONGEST_JOINED:
            break
        joined.append(f"{joined[-1]} {line}")
    if len(joined) > 1 and not oneline.read(joined[-1], subject):
        return None
    for count, part in enumerate(joined):
        block = oneline.read(part, subject)
        if block:
            return of_block(block, end + count)
    return None


def fuller(page: Page, at: int, block: Block | None, subject: str | None) -> Block | None:
    """The block, or what its values tell where its labels tell too little."""
    if block and all(field in block.values for field in _WANTED):
        return block
    other = foreign.read(page, at, subject)
    if other is None or (block and len(other.values) <= len(block.values)):
        return block
    return other


def one_line(page: Page, at: int, subject: str | None) -> Header | None:
    """A header that lost its line breaks."""
    hit = page.hits.get(at)
    if not hit or hit[0] != FROM or len(page.texts[at]) < 60 or page.next_hit[at + 1] <= at + 2:
        return None
    block = oneline.read(page.texts[at], subject)
    return of_block(block, at + 1) if block and TO in block.values else None
