"""Header blocks whose labels have no colon, as eM Client writes them: "From "Ada" <ada@…>"."""

from __future__ import annotations

from casefleet_cli.core.forward.blocks import Block
from casefleet_cli.core.forward.labels import FROM, LABELS, OTHER, fold
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.forward.blocks import Page

_MOST_LINES, _MOST_WORDS, _LONGEST_LABEL = 10, 3, 42
_FEWEST = 3


def read(page: Page, start: int) -> Block | None:
    """The block that begins at a line, down to an empty one; for below a marker only, since any word is a label here.

    It needs a sender with an address first, three fields, and labels of one language.
    """
    values: dict[str, str] = {}
    labels: dict[str, str] = {}
    spoken: set[str] | None = None
    end = start
    while end < min(len(page.lines), start + _MOST_LINES) and page.lines[end].text:
        label, value = _cut(page.lines[end].text)
        if not label or LABELS[label][0] in values:
            return None
        field, languages = LABELS[label]
        spoken = set(languages.split()) if spoken is None else spoken & set(languages.split())
        values[field], labels[field] = value, label
        if not spoken or "@" not in values.get(FROM, ""):
            return None
        end += 1
    return Block(start, end, values, labels, 0) if len(values) >= _FEWEST else None


def _cut(text: str) -> tuple[str, str]:
    """The label that a line begins with, folded, and the rest; "" where it begins with none."""
    words = text[:_LONGEST_LABEL].split()
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        label = fold(" ".join(words[:count]))
        if label in LABELS and LABELS[label][0] != OTHER:
            return label, text.split(None, count)[count] if len(text.split(None, count)) > count else ""
    return "", ""
