"""Answers that somebody gives on a terminal: a key, a line."""

from __future__ import annotations

import os
import sys

_PASTED = 32
_END = "\x04"


def key(prompt: str) -> str:
    """The key that answers a prompt, in lower case; what was typed before the prompt stood there is forgotten.

    Several letters when they came at once, as pasted ones do. Raises EOFError when the terminal is gone or was told to
    end (Ctrl-D), KeyboardInterrupt for Ctrl-C.
    """
    import termios  # noqa: PLC0415 - only where there is a terminal
    import tty  # noqa: PLC0415

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSAFLUSH)
        sys.stdout.write(prompt)
        sys.stdout.flush()
        typed = os.read(terminal, _PASTED).decode(errors="replace")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    if not typed or typed == _END:
        raise EOFError
    return typed.lower()


def line(question: str) -> str:
    """A line that answers a question, without blanks around it; "" for none. Raises EOFError as `key`."""
    sys.stdout.write(f"{question}: ")
    sys.stdout.flush()
    typed = sys.stdin.readline()
    if not typed:
        raise EOFError
    return typed.strip()
