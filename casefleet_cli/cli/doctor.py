"""casefleet doctor: is it installed right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.cli.mailserver import program
from casefleet_cli.install import doctor
from casefleet_cli.install.finding import FAILURE, Finding
from casefleet_cli.install.postconf import Postconf

_NOT_RIGHT = 78


def examine(
    context: typer.Context,
    postfix_config: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The configuration of Postfix; else $MAIL_CONFIG, else its default."),
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Check the installation: the program, the database, Postfix; exit code 78 when something is wrong."""
    path = Path(context.obj.database_path).absolute()
    found = list(doctor.findings(path, program(), Postconf(postfix_config)))
    if as_json:
        output.json_value([finding._asdict() for finding in found])
    else:
        for finding in found:
            tell_finding(finding)
    if any(finding.state == FAILURE for finding in found):
        raise typer.Exit(_NOT_RIGHT)


def tell_finding(finding: Finding) -> None:
    """Print what a check found, a line."""
    advice = f" → {finding.advice}" if finding.advice else ""
    output.say(f"{finding.state:<8} {finding.check:<11} {clean(finding.sentence + advice)}", raw=True)
