"""Headers as Lotus Notes writes them: the sender and the moment without a label, above To, cc and Subject.

Release 4 and 5 write "NAME on DATE" or "From: NAME   DATE", later ones the name, the moment and then the labels without
colons, each above its value.
"""

from __future__ import annotations

import re

from casefleet_cli.core.forward.blocks import Block
from casefleet_cli.core.forward.labels import CC, DATE, FROM, LABELS, OTHER, SUBJECT, TO, fold
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.forward.blocks import Page

_STAMP = re.compile(
    r"(?<!\S)(\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\.?,?[ \t]{1,4}\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ ]?[AaPp]\.?[Mm]\.?)?"
    r"(?:[ ][A-Z]{2,5}\d?)?)$"
)
_BETWEEN = frozenset(("on", "am", "le", "il", "el", "em", "op", "den", "um", "at"))
_ASIDE = re.compile(
    r"(?:please respond to|bitte antworten an|veuillez répondre à|sent by|gesendet von|envoyé par|\(see attached|"
    r"\(embedded|internet mail|extension|phone|tel)\b",
    re.I,
)
_MOST_ABOVE, _MOST_BELOW, _LONGEST = 12, 24, 300
_CELLS = re.compile(r"\t+|[ ]{2,9}")


def read(page: Page, start: int) -> Block | None:
    """The header below "Forwarded by …" that begins at a line; None where it has no sender or no moment."""
    sender, date = "", ""
    end = labels = min(len(page.lines), start + _MOST_ABOVE)
    for index in range(start, end):
        text = page.lines[index].text
        hit = page.hits.get(index)
        if (hit and hit[0] in (TO, CC, SUBJECT)) or _cell(text, is_loose=bool(sender and date)) is not None:
            labels = index
            break
        if not text or _ASIDE.match(text):
            continue
        if len(text) > _LONGEST or (sender and date):
            labels = index
            break
        text = hit[2] if hit and hit[0] == FROM else text
        stamp = _STAMP.search(text)
        name = _named(text[: stamp.start()] if stamp else text)
        if (name and sender) or (hit and hit[0] not in (FROM, DATE)):
            return None
        sender, date = sender or name, date or (stamp[1] if stamp else "")
    if not sender or not date:
        return None
    known = {FROM: sender, DATE: date}
    if labels in page.hits:
        return page.block(labels, known=known)
    return _stacked(page, labels, known)


def _named(text: str) -> str:
    """A name without the word that leads on to the moment."""
    words = text.split()
    if words and words[-1].lower() in _BETWEEN:
        words.pop()
    return " ".join(words)


def _cell(text: str, *, is_loose: bool) -> tuple[str, str] | None:
    """The field and the value of a line of the table without colons; loosely, one blank sets them apart."""
    label, *rest = _CELLS.split(text, maxsplit=1) if len(text) < _LONGEST else ("",)
    known = LABELS.get(fold(label)) if 0 < len(label) < 30 else None
    if known is None and is_loose:
        label, *rest = text.split(" ", 1)
        known = LABELS.get(fold(label))
    if known is None or known[0] in (FROM, DATE):
        return None
    return known[0], rest[0].strip() if rest else ""


def _stacked(page: Page, start: int, values: dict[str, str]) -> Block:
    """The table: a label alone, its value on the lines below, up to the next label."""
    end, field = start, ""
    for index in range(start, min(len(page.lines), start + _MOST_BELOW)):
        text = page.lines[index].text
        if values.get(SUBJECT) and text:
            break
        cell = _cell(text, is_loose=True)
        if cell and cell[0] not in values:
            field, value = cell
            if field != OTHER:
                values[field] = value
            end = index + 1
        elif text and field not in ("", OTHER) and not values[field]:
            values[field] = text
            end = index + 1
        elif text and field in (TO, CC) and index == end and "@" in text + values[field]:
            values[field] += f" {text}"
            end = index + 1
    return Block(start, end, values, {}, 0)
