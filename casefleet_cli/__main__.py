"""Picks the door before importing anything heavy."""

from __future__ import annotations

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
        lda.run(argv)
    from casefleet_cli.cli.app import run  # noqa: PLC0415

    sys.exit(run(argv))


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
