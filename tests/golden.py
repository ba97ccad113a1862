"""The golden twins of fixtures/mail: `python -m tests.golden` writes every .json anew, for review with git diff."""

from __future__ import annotations

import json
from pathlib import Path

from casefleet_cli.core.mail.inspection import answer
from casefleet_cli.core.mail.message import parse

FOLDER = Path(__file__).parents[1] / "fixtures/mail"
PAIRS = sorted(FOLDER.glob("*.eml"))


def told(raw: bytes) -> dict[str, object]:
    """What the parser understands, without the path."""
    whole = answer("", parse(raw))
    del whole["path"]
    return whole


def main() -> None:
    """Write the .json of every .eml."""
    for path in PAIRS:
        text = json.dumps(told(path.read_bytes()), ensure_ascii=False, indent=1)
        path.with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
