"""The man pages and the completion are made from the commands, and the programs that read them take them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from casefleet_cli.cli import manual
from casefleet_cli.cli.app import COMMANDS, app
from tests.e2e import installed

ROOT = Path(__file__).parents[2]
PAGES = manual.pages()


def formatted(page: str) -> str:
    """What man shows; troff must have nothing to complain of."""
    if shutil.which("groff") is None:
        installed.missing("groff")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou", "-rLL=200n"], input=page,
                          capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.replace("‐", "-")


def test_every_command_has_a_page() -> None:
    assert set(PAGES) == {"casefleet.1", *(f"casefleet-{name}.1" for name in COMMANDS)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_every_option_and_is_taken_by_troff(name: str) -> None:
    shown = formatted(PAGES[name])
    root = typer.main.get_command(app)
    command = root if name == "casefleet.1" else root.get_command(None, name[len("casefleet-") : -len(".1")])
    options = {
        option
        for one in (command, *(getattr(command, "commands", None) or {}).values())
        if one is not None
        for parameter in one.params
        if not getattr(parameter, "hidden", False)
        for option in parameter.opts
        if option.startswith("--") and not (command is not root and option.endswith("-completion"))
    }
    assert {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", shown)} == set()
    assert re.search(rf"NAME\n +{name[:-2]} - \S", shown)


def test_what_a_page_says() -> None:
    shown = formatted(PAGES["casefleet-user.1"])
    assert "casefleet user add [OPTIONS] NAME ADDRESS...\n" in shown
    assert "Add a user and make the user's secret BCC address." in shown
    shown = formatted(PAGES["casefleet.1"])
    for words in ("casefleet-link(1)", "CASEFLEET_DB", "~/.config/casefleet/config", "/etc/casefleet.conf", "78"):
        assert words in shown
    assert "67 no such BCC address" in formatted(PAGES["casefleet-deliver.1"])


@pytest.mark.parametrize("text", [".so /etc/passwd", "'br", r"a\fBb \*(x", "--x ^ ~ ` \" ' \\", "plain", " ", "é ß…"])
def test_nothing_in_a_text_is_obeyed(text: str) -> None:
    shown = formatted(f".TH X 1\n.SH NAME\n{manual._escaped(text)}\n")
    assert f"NAME\n       {text}\n" in shown or not text.strip()


def test_a_page_for_each_word_that_apropos_looks_for() -> None:
    if shutil.which("lexgrog") is None:
        installed.missing("lexgrog")
    for name, page in PAGES.items():
        done = subprocess.run(["lexgrog", "-"], input=page, capture_output=True, text=True)
        assert f'"{name[:-2]} - ' in done.stdout, name


def completed(folder: Path, line: str) -> list[str]:
    """What bash offers at the end of a line, by the script alone."""
    program = folder / "casefleet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m casefleet_cli "$@"\n')
    program.chmod(0o755)
    (folder / "script").write_text(manual.completions()["bash"])
    words = f"COMP_WORDS=({line}); COMP_CWORD={len(line.split()) - 1}"
    asked = f'. ./script; {words}; _casefleet_completion casefleet; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", asked], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_bash_completes(tmp_path: Path) -> None:
    assert completed(tmp_path, "casefleet li") == ["link"]
    assert "add" in completed(tmp_path, "casefleet user a")
    assert "--suggested" in completed(tmp_path, "casefleet link --sugg")


def test_zsh_takes_the_file_for_the_function() -> None:
    script = manual.completions()["zsh"]
    assert script.startswith("#compdef casefleet\n")  # only a first line counts
    assert script.endswith('\n_casefleet_completion "$@"\n')  # and the first call completes
    if shutil.which("zsh"):
        assert subprocess.run(["zsh", "-n"], input=script, text=True, capture_output=True).returncode == 0
