"""Header blocks that lost their line breaks, as Yahoo and Samsung write them."""

from __future__ import annotations

import re

from casefleet_cli.core.forward.blocks import Block, label_of
from casefleet_cli.core.forward.labels import CC, DATE, FROM, LABELS, SUBJECT, TO, fold, of_language

_patterns: dict[str, dict[str, re.Pattern[str]]] = {}
"""How labels begin within a line, by the languages that the first label is of."""


def read(text: str, subject: str | None) -> Block | None:
    """The header block that lost its line breaks, as Yahoo and Samsung write it; None where it is none.

    A label may touch the value before it, and Yahoo forgets the colon in some languages. `subject` is the subject to
    expect, which tells where it ends and the message begins.
    """
    first = label_of(text)
    if not first or first[0] != FROM or len(text) > 20_000:
        return None
    languages = LABELS[first[1]][1]
    if languages not in _patterns:
        _patterns[languages] = {
            field: _label_pattern(field, [*languages.split(), "en"]) for field in (SUBJECT, TO, CC, DATE)
        }
    left = dict(_patterns[languages])
    if not left[SUBJECT].search(first[2]):
        return None
    values: dict[str, str] = {}
    labels = {FROM: first[1]}
    field, position, rest = FROM, 0, first[2]
    while left and field != SUBJECT:
        found = {name: match for name, pattern in left.items() if (match := pattern.search(rest, position))}
        if not found:
            break
        following = min(found, key=lambda name: found[name].start())
        values[field] = rest[position : found[following].start()].strip()
        field, position = following, found[following].end()
        labels[field] = fold(found[field][0].strip(" :："))
        del left[field]
    values[field] = rest[position:].strip()
    if subject and field == SUBJECT and values[field].startswith(subject):
        values[field] = subject
    return Block(0, 1, values, labels, 0) if len(values) >= 3 and SUBJECT in values else None


def _label_pattern(field: str, languages: list[str]) -> re.Pattern[str]:
    """Where a label can begin within a line."""
    labels = {label for language in languages for label in of_language(language, field)}
    words = "|".join(map(re.escape, sorted(labels, key=len, reverse=True)))
    if field == SUBJECT:
        return re.compile(rf"(?:{words})\s?[:：]\s?|(?<=[^\s>])(?:{words})(?<=\w{{5}})\s", re.I)
    return re.compile(rf"(?<=[>\s;,\")\]])(?:{words})\s?[:：]\s?|(?<=>)(?:{words})\s", re.I)
