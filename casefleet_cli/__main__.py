"""Picks the door before importing anything heavy."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line: the delivery door for `deliver`, the Typer commands for everything else."""
    argv = sys.argv[1:]
    if _command(argv) == "deliver":
        try:
            from casefleet_cli import lda  # noqa: PLC0415
        except BaseException:  # noqa: BLE001 - a half-made upgrade must defer mail, never bounce it
            print("4.3.0 The mail program is not installed right.")  # noqa: T201
            sys.exit(75)
        if "SUDO_UID" in os.environ:
            _refuse_colleague(argv)
        lda.run(argv)
    from casefleet_cli.cli.app import run  # noqa: PLC0415

    sys.exit(run(argv))


def _refuse_colleague(argv: list[str]) -> None:
    """Take no mail from who comes through sudo with a colleague's rights; nothing that is asked for may bounce it."""
    from casefleet_cli import lda  # noqa: PLC0415

    try:
        from casefleet_cli.cli import callers  # noqa: PLC0415

        words = lda.parse_words(argv)
        is_colleague = callers.colleague(words.db if words else None) is not None
    except BaseException:  # noqa: BLE001 - who cannot be told from the owner is not taken for one
        is_colleague = True
    if is_colleague:
        print("4.3.0 casefleet deliver is for the mail system, not for who comes through sudo.")  # noqa: T201
        sys.exit(75)


def _command(argv: list[str]) -> str | None:
    """The first word that is neither a global option nor its value."""
    words = iter(argv)
    for word in words:
        if word in ("--db", "--as"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


if __name__ == "__main__":
    main()
