"""A program `casefleet` for tests that call it a hundred times: one process has everything imported, and forks for each call.

What it does is what `python -m casefleet_cli` does, in a process of its own; only the start takes a tenth of the time.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from casefleet_cli.__main__ import main

ROOT = Path(__file__).parents[1]
_CALLER = """\
#!{python} -IS
import _socket, array, os, sys
to = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
to.connect({address!r})
words = "\\0".join([os.getcwd(), str(len(os.environ)), *(f"{{n}}={{v}}" for n, v in os.environ.items()), *sys.argv[1:]])
to.sendmsg([len(words.encode("utf-8", "surrogateescape")).to_bytes(4, "big")],
           [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
left = words.encode("utf-8", "surrogateescape")
while left:
    left = left[to.send(left):]
sys.exit(to.recv(1)[0])
"""


@contextmanager
def program(path: Path) -> Iterator[Path]:
    """The program, at a path of its own; it works as long as the block lasts."""
    address = f"{path}.socket"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CASEFLEET")}
    argv = [sys.executable, "-m", "tests.warm", address]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=clean) as server:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        path.write_text(_CALLER.format(python=sys.executable, address=address))
        path.chmod(0o755)
        try:
            yield path
        finally:
            server.terminate()


def _serve(address: str) -> None:
    from casefleet_cli import archive, lda  # noqa: F401, PLC0415 - imported once for all calls
    from casefleet_cli.cli import app  # noqa: PLC0415

    for name, entry in app.COMMANDS.items():
        app._made(name, entry)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    while True:
        caller, _ = listener.accept()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not os.fork():
            listener.close()
            _answer(caller)
        caller.close()


def _answer(caller: socket.socket) -> None:
    """Tell the caller how the program ended that it called."""
    child = os.fork()
    if not child:
        _become(caller)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    caller.send(bytes([code if code >= 0 else 128 - code]))  # as a shell tells of a signal
    os._exit(0)


def _become(caller: socket.socket) -> None:
    """Be the program that was called: with its words, its environment, its folder, its input and output."""
    code = 70
    try:
        size, streams, _, _ = socket.recv_fds(caller, 4, 3)
        told = b""
        while len(told) < int.from_bytes(size, "big"):
            told += caller.recv(65536)
        caller.close()
        folder, count, *words = told.decode("utf-8", "surrogateescape").split("\0")
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(line.split("=", 1) for line in words[: int(count)])  # type: ignore[arg-type]
        time.tzset()
        for number, (stream, name) in enumerate(zip(streams, ("stdin", "stdout", "stderr"), strict=True)):
            os.dup2(stream, number)
            os.close(stream)
            was = getattr(sys, name)  # of another kind of file, so made anew
            setattr(sys, name, open(number, was.mode, encoding=was.encoding, errors=was.errors, closefd=False))  # noqa: SIM115
        sys.argv = ["casefleet", *words[int(count) :]]
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
