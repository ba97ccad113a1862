"""The command line: which commands there are, the global options, and what is said when something goes wrong."""

from __future__ import annotations

import importlib
import os
import sqlite3
import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup, TyperOption

from casefleet_cli import __version__, config
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.cli.state import State
from casefleet_cli.errors import CasefleetError
from casefleet_cli.store.database import translated

if TYPE_CHECKING:
    from collections.abc import Sequence


class Entry(NamedTuple):
    """A command: where it lives (imported when it is called), and its line in the help."""

    home: str
    """"module:name" of a function (one command) or a typer.Typer (a group of them)."""
    help: str


_HERE = "casefleet_cli.cli"
COMMANDS = {
    "init": Entry(f"{_HERE}.setup:init", "Make the database of a firm."),
    "migrate": Entry(f"{_HERE}.setup:migrate", "Bring the database up to this release."),
    "settings": Entry(f"{_HERE}.settings:settings", "What the firm decides: the order of dates, the time zone."),
    "user": Entry(f"{_HERE}.users:app", "Users of the firm and their BCC addresses."),
    "contact": Entry(f"{_HERE}.contacts:app", "People and organisations outside the firm."),
    "case": Entry(f"{_HERE}.cases:app", "Cases and who is assigned to them."),
    "lead": Entry(f"{_HERE}.leads:app", "Leads, until they become cases or are lost."),
    "deliver": Entry(f"{_HERE}.mailserver:deliver", "Log one message on standard input (for the mail server)."),
    "lmtp": Entry(f"{_HERE}.lmtp:lmtp", "Take mail by LMTP: as deliver, without a process a mail."),
    "redeliver": Entry(f"{_HERE}.redeliver:redeliver", "Log what a mail server put aside, as deliver would have."),
    "import": Entry(f"{_HERE}.archives:import_", "Log past mail from files."),
    "imports": Entry(f"{_HERE}.archives:imports_app", "What was imported, and what was left out."),
    "inspect": Entry(f"{_HERE}.inspect:inspect", "What the parser understands of message files."),
    "route": Entry(f"{_HERE}.route:route", "Where a message would go, and why; a dry run."),
    "explain": Entry(f"{_HERE}.mail:explain", "Why an e-mail is where it is."),
    "email": Entry(f"{_HERE}.mail:email", "Logged e-mails: list them, show one."),
    "triage": Entry(f"{_HERE}.triage:triage", "Empty the list one mail at a time, one key an answer."),
    "unassigned": Entry(f"{_HERE}.waiting:unassigned", "The list to empty."),
    "link": Entry(f"{_HERE}.linking:link", "File e-mails by hand."),
    "unlink": Entry(f"{_HERE}.linking:unlink", "Take e-mails off a case, lead or contact."),
    "move": Entry(f"{_HERE}.moving:move", "Put right what was filed wrongly: from one case to another."),
    "release": Entry(f"{_HERE}.linking:release", "Let held e-mails in."),
    "reject": Entry(f"{_HERE}.linking:reject", "Keep held e-mails out of sight."),
    "note": Entry(f"{_HERE}.labels:note", "Write a note on an e-mail."),
    "label": Entry(f"{_HERE}.labels:label", "Give e-mails a label, to find them by."),
    "unlabel": Entry(f"{_HERE}.labels:unlabel", "Take a label away."),
    "never-log": Entry(f"{_HERE}.never_log:app", "Addresses and domains whose mail is not logged."),
    "feed": Entry(f"{_HERE}.feeds:show_feed", "What happened, newest first."),
    "notifications": Entry(f"{_HERE}.feeds:notifications_app", "What waits for a user's attention."),
    "search": Entry(f"{_HERE}.searching:search_mail", "Search all mail."),
    "count": Entry(f"{_HERE}.counting:count", "How many e-mails, by case, month, user, outcome."),
    "who": Entry(f"{_HERE}.checking:who", "All that there is of a person: a conflict check."),
    "serve": Entry(f"{_HERE}.serve:serve", "The pages, read-only, in a browser."),
    "signin": Entry(f"{_HERE}.serve:signin", "Print an address that lets a user into the running server, once."),
    "atom": Entry(f"{_HERE}.atom:app", "Feeds of the pages, for feed readers: add, list, revoke."),
    "publish": Entry(f"{_HERE}.publishing:publish", "A snapshot of what may be seen, for plain Datasette."),
    "reads": Entry(f"{_HERE}.reads:reads", "Who opened which e-mail, where the firm has that noted."),
    "export": Entry(f"{_HERE}.export:export", "Hand a case or lead over: originals, index, journal."),
    "verify": Entry(f"{_HERE}.custody:verify", "Prove that nothing was changed: bytes, index, links, journal."),
    "backup": Entry(f"{_HERE}.custody:backup", "A verified copy, while mail goes on coming in."),
    "restore": Entry(f"{_HERE}.custody:restore", "Put a verified copy in place of the database."),
    "recover": Entry(f"{_HERE}.custody:recover", "Bring in what a replaced database has and the restored one lacks."),
    "reparse": Entry(f"{_HERE}.reparsing:reparse", "Read kept mail again, after an upgrade that reads more."),
    "install": Entry(f"{_HERE}.installing:install", "Link, man pages, completion and units of a server."),
    "doctor": Entry(f"{_HERE}.doctor:examine", "Is it installed right: program, database, Postfix."),
    "sudoers": Entry(f"{_HERE}.sudoers:sudoers", "The sudoers lines by which colleagues use this program."),
    "help": Entry(f"{_HERE}.helping:help_", "Explain roles, dates, formats, queries, names."),
    "postfix": Entry(f"{_HERE}.mailserver:postfix", "The lines that connect Postfix with this installation."),
}


_COMPLETING = ("--install-completion", "--show-completion")
"""typer's own options, which it heeds before it asks us."""


class _Commands(TyperGroup):
    """Imports a command when it is called, so that every command starts quickly."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._made: dict[str, Any] = {}
        # typer looks here for the names that a misspelt command could have meant.
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        if config.sudo_caller() is not None and any(word.startswith(_COMPLETING) for word in args):
            extra["obj"].refuse_colleague("Completion")
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self._made:
            self._made[cmd_name] = _made(cmd_name, COMMANDS[cmd_name])
        return self._made[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


def _made(name: str, entry: Entry) -> Any:
    module, _, attribute = entry.home.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)  # get_command takes a group of one command for that command
    else:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name, context_settings=getattr(found, "context_settings", None))(found)
        command = typer.main.get_command(alone)
    command.name = name
    _let_values_out(command)
    _guard(command, name)
    return command


def _let_values_out(command: Any) -> None:
    """Let options whose metavar stands in brackets be given without a value, which typer does not know of: it is ""."""
    for nth, option in enumerate(command.params):
        if isinstance(option, TyperOption) and str(option.metavar or "").startswith("["):
            command.params[nth] = _OPTION(
                [option.name, *option.opts], is_flag=False, flag_value="", metavar=option.metavar, help=option.help
            )


_OPTION: Any = next(kind for kind in TyperOption.__mro__ if kind.__name__ == "Option")
"""What is below typer's options, and takes more; where it lives depends on the release of typer."""


def _guard(command: Any, words: str) -> None:
    """Let a command, and each of a group, run for whom access lets."""
    for name, one in getattr(command, "commands", {}).items():
        _guard(one, f"{words} {name}")
    if hasattr(command, "commands") and not command.invoke_without_command:
        return
    run = command.invoke

    def guarded(context: Any) -> Any:
        context.obj.allow(words, context.params)
        return run(context)

    command.invoke = guarded


app = typer.Typer(cls=_Commands, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=True)


def _tell_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"casefleet {__version__}\n")
        raise typer.Exit


@app.callback(context_settings={"help_option_names": ["--help", "-h"]})
def casefleet(
    context: typer.Context,
    db: Annotated[
        str | None,
        typer.Option(
            "--db",
            metavar="FILE",
            help="The database; else $CASEFLEET_DB, casefleet.db here, or what the configuration names.",
        ),
    ] = None,
    acting: Annotated[
        str | None, typer.Option("--as", metavar="USER", help="Who acts, for the journal; else $CASEFLEET_USER.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug.")] = False,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Log the e-mail of a law firm to its cases and leads."""
    state: State = context.obj
    state.database_option = db
    state.acting_option = acting
    state.acting_reference = config.acting_user(acting)
    state.debug = debug


def run(argv: Sequence[str]) -> int:
    """Run one command and give its exit code; whatever goes wrong is told on stderr in one sentence."""
    for stream in (sys.stdout, sys.stderr):
        # Mail is written in every script: the locale of a cron job must not decide what can be printed.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    state = State(COMMANDS)
    try:
        code = _answered(argv, state)
        sys.stdout.flush()
    except BrokenPipeError:
        code = _nobody_reads()
    except OSError as error:
        code = _told(f"The output cannot be written: {error.strerror}.", 75)
    finally:
        state.close()
    return code


def _answered(argv: Sequence[str], state: State) -> int:
    command = typer.main.get_command(app)
    try:
        code = command.main(list(argv) or ["--help"], prog_name="casefleet", standalone_mode=False, obj=state)
    except CasefleetError as error:
        return _told(str(error), error.exit_code)
    except sqlite3.Error as error:
        known = translated(error, state.database_path)
        return _bug(error, state) if _is_ours(error) else _told(str(known), known.exit_code)
    except typer.Abort:
        return 130
    except SystemExit as end:
        # typer ends by itself when nobody reads its output.
        if isinstance(end.__context__, BrokenPipeError):
            return _nobody_reads()
        return end.code if isinstance(end.code, int) else 1
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort of the command line
        if isinstance(error, _USAGE_ERROR):
            return _usage(error)
        return _bug(error, state)
    return code if isinstance(code, int) else 0


_USAGE_ERROR: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""Above all errors in the words of a command line; where it lives depends on the release of typer."""


def _usage(error: Any) -> int:
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "casefleet")
    sentence = (
        clean(error.format_message()).rstrip(".?") if type(error).__name__ != "NoArgsIsHelpError" else "Which command"
    )
    return _told(f"{sentence}; see {path} --help.", 2)


def _is_ours(error: sqlite3.Error) -> bool:
    """Whether SQLite complains of our own statements rather than of the machine."""
    code = getattr(error, "sqlite_errorcode", None)
    ours = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE)
    return code is None or code & 0xFF in (*ours, sqlite3.SQLITE_RANGE)


def _bug(error: BaseException, state: State) -> int:
    if state.debug:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    hint = "" if state.debug else "; run again with --debug before the command to see where"
    return _told(f"A bug: {type(error).__name__}: {error}{hint}.", 70)


def _told(sentence: str, code: int) -> int:
    sys.stderr.write(f"casefleet: {clean(sentence)}\n")
    return code


def _nobody_reads() -> int:
    """End quietly, as when the reader of `casefleet feed | head` has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
