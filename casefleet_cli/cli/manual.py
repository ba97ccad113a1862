"""The man pages (man(7)) and the completion of shells, made from the commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]

from casefleet_cli import __version__, config, lda
from casefleet_cli.cli.app import COMMANDS, app

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PROGRAM = "casefleet"
_COMPLETE = "_CASEFLEET_COMPLETE"
_OF_SHELLS = ("install_completion", "show_completion")
_LETTERS = {"\\": r"\(rs", "-": r"\-", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga", "'": r"\(aq", '"': r"\(dq"}
_LETTER = re.compile("|".join(map(re.escape, _LETTERS)))
_EXIT_STATUS = (
    ("0", "Done."),
    ("1", "Done, but some items failed; which and why is on stderr."),
    ("2", "An unknown or ambiguous reference, or wrong usage."),
    ("65, 66, 73", "Unreadable input, no such file, cannot create."),
    ("70", "A bug; --debug shows the traceback."),
    ("75", "Busy, locked or full: try again."),
    ("78", "The installation is not right."),
)
_ENVIRONMENT = (
    ("CASEFLEET_DB", "The database, where --db names none."),
    ("CASEFLEET_USER", "Who acts, where --as names nobody."),
    (
        "CASEFLEET_BUSY_SECONDS",
        f"How long a delivery waits for a locked database, in seconds; {config.BUSY_SECONDS} where it is not set.",
    ),
    (
        "CASEFLEET_TIME_LIMIT_SECONDS",
        f"When a delivery gives up by itself, in seconds; {config.TIME_LIMIT_SECONDS} where it is not set.",
    ),
)
_FILES = (
    ("casefleet.db", "The database, where it is in the current folder and neither --db nor $CASEFLEET_DB names one."),
    (f"~/{config.USER_FILE}", "Names the database of this unix user, in a line: database = /PATH."),
    (config.MACHINE_FILE, "Names the database of this machine, where nothing above does."),
)


def pages() -> dict[str, str]:
    """Each man page, by the name of its file: casefleet.1, and one for each command."""
    root = typer.main.get_command(app)
    context = _context(root, _PROGRAM, None)
    made = {f"{_PROGRAM}.1": _main_page(root, context)}
    for name, entry in COMMANDS.items():
        made[f"{_PROGRAM}-{name}.1"] = _page(root, context, name, entry.help)
    return made


def completions() -> dict[str, str]:
    """The completion script of each shell: "bash" and "zsh", which takes it from its function path."""
    script = {
        shell: get_completion_script(prog_name=_PROGRAM, complete_var=_COMPLETE, shell=shell)
        for shell in ("bash", "zsh")
    }
    # zsh takes a file for the function itself: it has to complete at the first call, too.
    return {"bash": f"{script['bash']}\n", "zsh": f'{script["zsh"]}\n\n_{_PROGRAM}_completion "$@"\n'}


def _main_page(root: Any, context: Any) -> str:
    first, *_ = _paragraphs(root.help)
    lines = [
        *_title(_PROGRAM, first),
        *_section("SYNOPSIS", _bold(_PROGRAM) + _escaped(" [--db FILE] [--as USER] COMMAND ...")),
        *_section("DESCRIPTION", *_between(map(_escaped, _paragraphs(root.help)))),
        *_section("OPTIONS", *_options(root, context)),
        *_section("COMMANDS", *_terms((f"casefleet-{name}(1)", entry.help) for name, entry in COMMANDS.items())),
        *_section("EXIT STATUS", *_terms(_EXIT_STATUS)),
        *_section("ENVIRONMENT", *_terms(_ENVIRONMENT)),
        *_section("FILES", *_terms(_FILES)),
    ]
    return "\n".join(lines) + "\n"


def _page(root: Any, context: Any, name: str, short: str) -> str:
    command = root.get_command(context, name)
    here = _context(command, name, context)
    lines = [
        *_title(f"{_PROGRAM}-{name}", short),
        *_section("SYNOPSIS", _usage(command, here)),
        *_section("DESCRIPTION", *_described(name, command)),
        *_section("OPTIONS", *_options(command, here)),
    ]
    below = getattr(command, "commands", {})
    if below:
        lines += _section("COMMANDS")
        for word, one in below.items():
            there = _context(one, word, here)
            lines += [f".SS {_escaped(f'{_PROGRAM} {name} {word}')}", _usage(one, there)]
            for text in _paragraphs(one.help):
                lines += [".PP", _escaped(text)]
            lines += _options(one, there)
    return "\n".join([*lines, *_section("SEE ALSO", _bold(_PROGRAM) + "(1)")]) + "\n"


def _described(name: str, command: Any) -> list[str]:
    if name == "deliver":
        return [".nf", *map(_escaped, lda.USAGE.splitlines()), ".fi"]
    return _between(map(_escaped, _paragraphs(command.help)))


def _context(command: Any, name: str, parent: Any) -> Any:
    return command.context_class(command, info_name=name, parent=parent, **command.context_settings)


def _title(name: str, short: str) -> list[str]:
    heading = f'.TH {_escaped(name.upper())} 1 "" "casefleet {_escaped(__version__)}" "casefleet"'
    # What stands behind \- is what apropos(1) shows.
    return [heading, *_section("NAME", f"{_escaped(name)} \\- {_escaped(short.rstrip('.'))}")]


def _section(heading: str, *lines: str) -> list[str]:
    return [f".SH {heading}", *lines]


def _usage(command: Any, context: Any) -> str:
    return f"{_bold(context.command_path)} {_escaped(' '.join(command.collect_usage_pieces(context)))}"


def _options(command: Any, context: Any) -> list[str]:
    # typer gives these to every group; to say it once is enough.
    told = [one for one in command.get_params(context) if context.parent is None or one.name not in _OF_SHELLS]
    records = (parameter.get_help_record(context) for parameter in told)
    return _terms(record for record in records if record is not None)


def _terms(records: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]) -> list[str]:
    lines = []
    for term, text in records:
        lines += [".TP", _bold(term), _escaped(text) or r"\&"]
    return lines


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", (text or "").strip())]


def _between(paragraphs: Iterator[str]) -> list[str]:
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [".PP", paragraph] if lines else [paragraph]
    return lines


def _bold(text: str) -> str:
    return rf"\fB{_escaped(text)}\fR"


def _escaped(text: str) -> str:
    """Text in which troff finds nothing to obey."""
    escaped = _LETTER.sub(lambda found: _LETTERS[found[0]], text)
    return rf"\&{escaped}" if escaped.startswith((".", " ")) else escaped
