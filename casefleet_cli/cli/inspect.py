"""What the parser understands of message files: inspect."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.core.mail import inspection
from casefleet_cli.errors import NoInputError
from casefleet_cli.intake.understanding import parse
from casefleet_cli.sources import Item, Skipped, Source, read
from casefleet_cli.sources.folders import is_stdin


def inspect(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files with one message each; - for standard input.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line (always so).")] = True,  # noqa: ARG001
) -> None:
    """Print what the parser understands of message files, one JSON object a line; needs no database."""
    failures = []
    for path in paths:
        try:
            raw = sys.stdin.buffer.read() if is_stdin(path) else path.read_bytes()
        except OSError as error:
            failures.append(f"{path}: {error.strerror}")
            continue
        raw, reason = (raw, "") if is_stdin(path) else _as_imported(path, raw)
        message = parse(raw)
        if message is None:
            failures.append(f"{path}: a fault in the parser; please report it")
            continue
        answer = inspection.answer(str(path), message)
        if reason:
            answer["not_imported"] = reason
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    if len(failures) == len(paths) == 1:
        raise NoInputError(f"{failures[0]}.")
    output.some_failed(failures, "files could not be read")


def _as_imported(path: Path, raw: bytes) -> tuple[bytes, str]:
    """The message that import would read in a file, or the file itself and why import would not."""
    found = list(islice(read(Source(path, "eml")), 2))
    if found and isinstance(found[0], Skipped):
        return raw, found[0].reason
    messages = [one for one in found if isinstance(one, Item)]
    return (messages[0].raw if len(messages) == 1 else raw), ""  # an mbox of several is shown as the file it is
