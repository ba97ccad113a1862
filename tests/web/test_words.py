"""How values read on a page."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from casefleet_cli.web import words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 10),
        ("Yes.\n", 10),
        ("\n" * 7, 10),
        ("\n" * 8, 15),
        ("x" * 74 + "\n" + "y" * 75 * 10, 20),
        ("word\n" * 63, 80),
        ("word\n" * 64, 120),
        ("word " * 1_000_000, 160),
        ("\n" * 1_000_000, 160),
    ],
)
def test_a_frame_has_room_for_its_text(text: str, lines: int) -> None:
    assert words.room(text) == lines


def test_every_room_stands_in_the_sheet() -> None:
    sheet = (files("casefleet_cli.web") / "static" / "style.css").read_text(encoding="utf-8")
    found = {int(name): int(lines) for name, lines in re.findall(r"\.lines-(\d+) { --lines: (\d+); }", sheet)}
    assert found == {lines: lines for lines in (words.room("\n" * count) for count in range(200))}
