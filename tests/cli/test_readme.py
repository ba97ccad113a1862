"""The README tells the truth: its examples run, and it names every command."""

from __future__ import annotations

import re
from pathlib import Path

from casefleet_cli.cli.app import COMMANDS
from tests import warm
from tests.readme import README, Shell, examples


def test_every_example_prints_what_the_readme_says(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    with warm.program(tmp_path / "bin/casefleet") as program:
        shell = Shell(tmp_path, program)
        for example in examples(README.read_text()):
            assert shell.run(example.command) == example.output, example.command


def test_every_command_has_an_example() -> None:
    shown = {
        word for example in examples(README.read_text()) for word in re.findall(r"casefleet ([a-z-]+)", example.command)
    }
    by_installation = {"triage", "serve", "doctor", "install", "sudoers", "signin"}
    assert set(COMMANDS) - shown - by_installation == set(), (
        "write its example; python -m tests.readme fills in the output"
    )
    assert all(f"casefleet {name}" in README.read_text() for name in by_installation)
