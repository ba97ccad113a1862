"""The lines for sudo by which colleagues use this program as the owner of the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "/etc/sudoers.d/casefleet"
_KEPT = "LANG LC_ALL LC_CTYPE TERM COLUMNS TZ NO_COLOR"
"""All that a colleague's environment may tell the program."""
_SPECIAL = re.compile(r"([^A-Za-z0-9_./-])")


def lines(program: str, owner: str, logins: Sequence[str], *, with_password: bool) -> str:
    """What lets these unix users call the program, and nothing else, as the owner of the database (sudoers(5)).

    NOEXEC keeps it from starting any other program; the environment is made anew.
    """
    tags = "NOEXEC" if with_password else "NOPASSWD: NOEXEC"
    people = ", ".join(map(_escaped, logins))
    command = _escaped(program)
    return (
        f"Defaults!{command} env_reset, !setenv, use_pty, umask=0077\n"
        f'Defaults!{command} env_keep = "{_KEPT}", !env_check\n'
        f"{people} ALL = ({_escaped(owner)}) {tags}: {command}"
    )


def _escaped(word: str) -> str:
    return _SPECIAL.sub(r"\\\1", word)
