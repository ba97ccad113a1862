"""Commands as they are made when they are called."""

from __future__ import annotations

import pytest
import typer

from casefleet_cli.cli.app import COMMANDS, Entry, run

SINS = typer.Typer(help="Sins.", no_args_is_help=True)


@SINS.command("list")
def list_sins() -> None:
    """List them."""
    typer.echo("Sloth")


def test_a_group_of_one_command_is_a_group(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(COMMANDS, "sins", Entry(f"{__name__}:SINS", "Sins."))
    assert (run(["sins", "list"]), capsys.readouterr()) == (0, ("Sloth\n", ""))
    assert (run(["sins"]), capsys.readouterr().err) == (2, "casefleet: Which command; see casefleet sins --help.\n")
