"""Header blocks in a language whose labels are not in our tables, told by their values."""

from __future__ import annotations

import re

from casefleet_cli.core.forward.blocks import SENDER, Block
from casefleet_cli.core.forward.labels import CC, DATE, FROM, OTHER, RAW_HEADERS, SUBJECT, TO
from casefleet_cli.core.moments import written
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.forward.blocks import Page

_LABELLED = re.compile(r"[*_]{0,2}([^\W\d_][^\n:：@<>\"]{0,30}?)\s?[:：](?!//)[*_]{0,2}(.*)")
_MOST_LINES = 12
_FEWEST_LINES = 3


def read(page: Page, start: int, subject: str | None) -> Block | None:
    """The block of three or more lines "word: value" that begins at a line, if its values are those of a header.

    It needs a line with an address and one with a date; programs write the sender before the recipients. `subject` is
    the subject to expect: a line that says the same is the subject's, else the one that is neither address nor date.
    """
    values: dict[str, str] = {}
    spare: list[str] = []
    end = start
    while end < min(len(page.lines), start + _MOST_LINES):
        labelled = _LABELLED.fullmatch(page.lines[end].text)
        if labelled is None:
            break
        if end in page.hits and page.hits[end][1] in RAW_HEADERS:
            return None
        if end in page.hits and page.hits[end][0] == FROM and FROM in values and page.hits[end][1] != SENDER:
            break
        value = labelled[2].strip()
        field = page.hits[end][0] if end in page.hits else _field(value, values, subject)
        if field == SUBJECT and subject is not None and value != subject and SUBJECT not in values:
            spare.append(value)
        elif field != OTHER:
            values.setdefault(field, value)
        end += 1
    if SUBJECT not in values and spare:
        values[SUBJECT] = spare[0]
    if end - start < _FEWEST_LINES or FROM not in values or DATE not in values:
        return None
    labels = {hit[0]: hit[1] for index in range(start, end) if (hit := page.hits.get(index)) and hit[0] in values}
    return Block(start, end, values, labels, 0)


def _field(value: str, values: dict[str, str], subject: str | None) -> str:
    """Which field a value can be of, given those before it."""
    if subject is not None and value == subject:
        return SUBJECT
    if "@" in value:
        return next((field for field in (FROM, TO, CC) if field not in values), OTHER)
    if DATE not in values and any(sign.isdigit() for sign in value) and written.is_date(value):
        return DATE
    return SUBJECT if value else OTHER
