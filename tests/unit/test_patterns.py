"""Every regular expression takes linear time, whatever the text: found by reading the program, tried by near-matches."""

from __future__ import annotations

import re

import pytest

from casefleet_cli.core.forward import oneline
from casefleet_cli.core.mail import alternatives, html_tags
from casefleet_cli.core.moments import field, typed, written
from casefleet_cli.core.secrets import spelling
from casefleet_cli.sources import from_line
from tests import patterns
from tests.patterns import Recipe, Use

SIZES = (24, 48, 96, 200, 1200, 12_000)
"""Letters of a text; the small ones first, because some patterns take exponential time."""
FAST = 0.006
"""Seconds for one text that are little enough to ask no more."""
GROWTH = 3.2
"""How much longer twice the text may take; a pattern that takes quadratic time needs four times as long."""

NAMES = "log.firm.example"
MADE = {
    "core.forward.oneline": [oneline._label_pattern(name, ["de", "en"]) for name in ("to", "subject")],
    "core.mail.alternatives": [re.compile(end) for end in alternatives._SILENT_ENDS.values()],
    "core.mail.html_tags": list(html_tags._RAW_ENDS.values()),
    "core.secrets.spelling": [
        re.compile(rf"@(?=(?:{re.escape(NAMES)})(?P<more>[\w.-]*\w)?)", re.I),
        re.compile("[0-9A-Za-z]{16,}"),
    ],
}
"""Patterns that functions make, by module."""
SHORT = {
    "core.moments.field": field._LONGEST,
    "core.moments.typed": typed._LONGEST,
    "core.moments": written._LONGEST,
    "core.secrets.spelling._LOCAL_PART": spelling._LONGEST_LOCAL,
    "sources.from_line": from_line.LONGEST,
}
"""Letters of the longest text that is asked about, by the beginning of a pattern's name; those tests are of this only."""
SQUEEZED = ("core.moments",)
"""Modules that read no blank after a blank."""

FOUND = [found for module in patterns.modules() for found in patterns.uses(module)]
USES = sorted(
    {found for found in FOUND if isinstance(found, Use)}
    | {Use(f"{room}: made", pattern, "finditer") for room, made in MADE.items() for pattern in made},
    key=lambda use: (use.where, use.method),
)


def test_every_pattern_is_known() -> None:
    unknown = [found for found in FOUND if isinstance(found, str)]
    assert [found for found in unknown if found.partition(":")[0] not in MADE] == []
    assert len(USES) > 90


def texts(use: Use, recipe: Recipe, length: int) -> str:
    text = recipe.text(length)
    return " ".join(text.split()) if use.where.startswith(SQUEEZED) else text


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.where[:60]} {use.method}")
def test_twice_the_text_takes_twice_the_time(use: Use) -> None:
    longest = next((length for name, length in SHORT.items() if use.where.startswith(name)), SIZES[-1])
    for recipe in patterns.recipes(use.pattern):
        for size in (*(size for size in SIZES if size < longest), longest):
            taken = use.seconds(texts(use, recipe, size))
            if taken > FAST:
                once, twice = (min(use.seconds(texts(use, recipe, n)) for _ in range(5)) for n in (size, 2 * size))
                assert size < longest or longest == SIZES[-1], f"{recipe} takes {taken:.3f} s"
                assert twice < GROWTH * once, f"{recipe}: {once:.3f} s for {size} letters, {twice:.3f} s for twice"
