"""What the README prints for other programs: its blocks in ```sh and ```ini, by a line that begins them."""

from __future__ import annotations

import re

from tests.readme import README

_BLOCK = re.compile(r"^```(?:sh|ini)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippet(heading: str) -> str:
    """The one block that begins with this line, without it."""
    (found,) = [block for block in _BLOCK.findall(README.read_text()) if block.partition("\n")[0] == heading]
    return found.partition("\n")[2]
