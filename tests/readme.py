"""The README's examples, run for real: every `$ casefleet …` in a ```console block, in order, in one folder.

`python -m tests.readme` writes the outputs anew, for review with git diff.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests import warm

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-24T09:00:00Z"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d\b"), "2026-11-24 09:00"),
    (re.compile(r"(?<=-)[2-9a-hjkmnp-z]{17}(?=[@+])"), "7k3mq9x2vt4hc8wnp"),
)


class Example(NamedTuple):
    """One command of the README and what it says there of its output."""

    command: str
    output: str


def examples(text: str) -> list[Example]:
    """The examples of all blocks, in order."""
    found = []
    for block in _BLOCK.findall(text):
        for chunk in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = chunk.split("\n")
            end = next(n for n, line in enumerate(lines) if not line.endswith("\\"))
            found.append(Example("\n".join(lines[: end + 1]), "\n".join(lines[end + 1 :]).rstrip("\n")))
    return found


class Shell:
    """One folder in which the examples run one after the other."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder = folder
        (folder / "fixtures").symlink_to(ROOT / "fixtures")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEFLEET")}
        self.environment = {
            **kept,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TZ": "UTC",
            "COLUMNS": "132",
            "HOME": str(folder),
        }

    def run(self, command: str) -> str:
        """What the command prints, on standard output and error alike."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return steady(done.stdout.decode().replace(str(self.folder), "/srv/casefleet").rstrip("\n"))


def steady(output: str) -> str:
    """The output with what differs from run to run made the same."""
    for pattern, replacement in _VARYING:
        output = pattern.sub(replacement, output)
    return output


def main() -> None:
    """Write the outputs in the README anew."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        (Path(folder) / "bin").mkdir()
        shell = Shell(Path(folder), stack.enter_context(warm.program(Path(folder, "bin/casefleet"))))

        def renewed(match: re.Match[str]) -> str:
            told = [f"$ {one.command}\n{shell.run(one.command)}".rstrip() for one in examples(match.group(0) + "\n")]
            return "```console\n" + "\n\n".join(told) + "\n```"

        README.write_text(_BLOCK.sub(renewed, README.read_text()))


if __name__ == "__main__":
    main()
